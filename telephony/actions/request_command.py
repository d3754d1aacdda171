"""Takes the wish that a call which goes on is ended or given to a colleague: one row, and leased work that does it."""

from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction

from telephony.dialing.exchanges import access_of
from telephony.models import (
    Call,
    CallCommand,
    CallDirection,
    CallPhase,
    CommandKind,
    CommandState,
    OriginateOrigin,
    Pbx,
    PresenceState,
)
from telephony.models.command import REASONS
from telephony.selectors.live import live_call
from telephony.selectors.presence import state_of
from tenants import audit
from tenants.errors import HubError
from tenants.models import Extension, Member, Role
from tenants.work import enqueue

LANE: Final = "calls.command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants done. `extension` is the colleague of a transfer; `member` None for machines and the operator's staff."""

    kind: CommandKind
    origin: OriginateOrigin
    extension: str = ""
    requester: str = ""
    member: Member | None = None


class NotPossible(HubError):
    """Nothing was stored, and nothing is done. `code` is one of the reasons."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code


def request_command(call: Call, wish: Wish) -> CallCommand:
    """The row, pending; the first one where the same is being done already. In the tenant's scope. NotPossible says why not."""
    code = _objection(call, wish)
    if code:
        raise NotPossible(code)
    row = CallCommand(
        tenant_id=call.tenant_id,
        call=call,
        kind=wish.kind,
        extension=wish.extension,
        talker=talker(call),
        origin=wish.origin,
        requester=wish.requester[:200],
        member=wish.member,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            told = {"client": call.client, "extension": row.extension, "talker": row.talker}
            audit.record(f"call.{row.kind}", call, after=told)
            enqueue(LANE, [(row.pk, row.tenant_id, str(call.pbx_id), None)])
    except IntegrityError:
        return _first(call, wish)
    return row


def _first(call: Call, wish: Wish) -> CallCommand:
    same = CallCommand.objects.filter(call=call, kind=wish.kind, extension=wish.extension)
    first = same.filter(state=CommandState.PENDING).first()
    if first is None:
        raise NotPossible("another")
    return first


def talker(call: Call) -> str:
    """The extension that talks with the client at this moment; empty while nobody does."""
    return next(iter(live_call(call).extensions), "") if call.phase == CallPhase.TALKING else ""


def is_at(call: Call, member: Member) -> bool:
    """Whether it is this person's own call now: they talk, or as long as nobody does their phone rings or they dial."""
    return member.extension is not None and member.extension.number in live_call(call).extensions


def may_steer(call: Call, member: Member | None) -> bool:
    """Agents their own calls, everybody else of those who may click any of the company's."""
    return member is None or member.role != Role.AGENT or is_at(call, member)


def _objection(call: Call, wish: Wish) -> str:
    """What stands in the way; empty when nothing does."""
    if call.phase == CallPhase.ENDED:
        return "over"
    if not may_steer(call, wish.member):
        return "not_yours"
    if wish.kind == CommandKind.TRANSFER:
        return _target_objection(call, wish.extension) or _exchange_objection(call)
    return _exchange_objection(call)


def _target_objection(call: Call, extension: str) -> str:
    if not Extension.objects.filter(number=extension).exists():
        return "unknown_extension"
    if call.direction not in (CallDirection.IN, CallDirection.OUT):
        return "no_client"
    if call.direction == CallDirection.OUT and call.phase != CallPhase.TALKING:
        return "not_connected"
    if extension == talker(call):
        return "same_extension"
    return "unregistered" if state_of(extension).state == PresenceState.AWAY else ""


def _exchange_objection(call: Call) -> str:
    pbx = Pbx.objects.select_related("ami", "dialing").get(pk=call.pbx_id)
    return "" if access_of(pbx) is not None else "no_exchange"
