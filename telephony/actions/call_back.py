"""Calls a client back who called in vain: an ordinary click, with all its limits, from a phone that this person may let ring."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from telephony.actions.click_to_call import Click, request_call
from telephony.models import MissedClient, OriginateOrigin, OriginateRequest
from tenants.access import MANAGERS
from tenants.errors import HubError
from tenants.models import Member, Tenant

CHOOSERS: Final = MANAGERS
"""Whose place it is to say which colleague calls back; everybody else calls from their own phone."""


class NotWaiting(HubError):
    """Somebody has reached them meanwhile."""

    code = "not_waiting"


class NotYours(HubError):
    """Another one's phone, which this person may not let ring."""

    code = "not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who wants the call. `member` is None for machines and for the operator's staff."""

    name: str
    origin: OriginateOrigin
    member: Member | None = None
    is_machine: bool = False
    key: str | None = None
    """Names the cause: the same one makes no second call."""

    @property
    def chooses(self) -> bool:
        """Whether they may name another phone than their own."""
        return self.member is None or self.member.role in CHOOSERS

    @property
    def own_extension(self) -> str:
        return self.member.extension.number if self.member is not None and self.member.extension else ""


def call_back(tenant: Tenant, row: MissedClient, caller: Caller, extension: str = "") -> OriginateRequest:
    """The click, queued or refused with its reason. In the tenant's scope.

    Without an `extension` people call from their own, machines from that of whoever should call back. NotWaiting where
    there is nobody to be called back any more, NotYours for a phone that is not the caller's to choose.
    """
    wanted = _extension(row, caller, extension.strip())
    if not row.is_open and not _is_repeat(caller):
        raise NotWaiting(_("This client has been reached meanwhile: there is nothing to call back for."))
    return request_call(
        tenant,
        Click(
            phone=row.client_number,
            extension=wanted,
            member_id=caller.member.pk if caller.member is not None else None,
            requester=caller.name,
            origin=caller.origin,
            key=caller.key,
        ),
    )


def _extension(row: MissedClient, caller: Caller, wanted: str) -> str:
    usual = row.extension if caller.is_machine else caller.own_extension
    if wanted and wanted != usual and not caller.chooses:
        raise NotYours(_("Calls can be made from your own extension only."))
    return wanted or usual


def _is_repeat(caller: Caller) -> bool:
    """The answer to a repeated request is the first one's, though that call may have reached the client."""
    return caller.key is not None and OriginateRequest.objects.filter(key=caller.key).exists()
