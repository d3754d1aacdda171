"""Takes a click: checks it, stores it, and has a worker ask the exchange for the call."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations import live
from telephony.actions import watch_refusals
from telephony.actions.announce_clicks import announce
from telephony.dialing import numbers
from telephony.dialing.exchanges import dialing_exchanges
from telephony.dialing.policy import is_emergency, objection
from telephony.dialing.rates import rate_objection
from telephony.models import DialPolicy, OriginateOrigin, OriginateRequest, OriginateState, PresenceState
from telephony.selectors.presence import state_of
from tenants.access import EVERY_ROLE
from tenants.errors import ConfigError
from tenants.models import Extension, Role, Tenant
from tenants.storable import storable_text
from tenants.work import enqueue

LANE: Final = "calls.originate"
STALE_SECONDS: Final = 15.0
# Who looks at calls without taking part in them makes none.
CALLERS: Final = EVERY_ROLE - {Role.VIEWER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who wants to call whom, as it was said. `extension` wins over `user_id`, which is a user of the integration.

    `key` names the cause: a second click with the same key is the first one.
    """

    phone: str
    origin: OriginateOrigin
    extension: str = ""
    user_id: str = ""
    integration_id: UUID | None = None
    member_id: UUID | None = None
    requester: str = ""
    outside_id: str = ""
    pbx_id: UUID | None = None
    key: str | None = None
    age: float = 0.0
    """Seconds since somebody clicked, where the request says it."""


def request_call(tenant: Tenant, click: Click) -> OriginateRequest:
    """The stored request: `queued`, or `refused` with a reason in words (`reason_code`, `reason`).

    In the scope of the tenant. Raises nothing that the caller's text can cause.
    """
    request = _drafted(tenant, click)
    with transaction.atomic():
        # The policy's row is the lock under which a company's clicks are counted: two at once cannot both be the last
        # one that is allowed.
        policy = _policy(tenant)
        first = _first(click)
        if first is not None:
            return first
        code = _objection(tenant, click, request, policy)
        if code:
            return _refused(request, policy, code)
        return _queued(request, click)


def _drafted(tenant: Tenant, click: Click) -> OriginateRequest:
    extension = click.extension.strip() or _extension_of(click)
    return OriginateRequest(
        tenant=tenant,
        integration_id=click.integration_id,
        member_id=click.member_id,
        extension=extension if numbers.is_extension(extension) else "",
        phone=numbers.to_call(click.phone, tenant.phone_region),
        asked=storable_text(click.phone.strip())[:64],
        origin=click.origin,
        requester=storable_text(click.requester or click.user_id)[:200],
        outside_id=storable_text(click.outside_id)[:100],
    )


def _extension_of(click: Click) -> str:
    """The number that this user of the outside system has here; empty without one."""
    if click.integration_id is None or not click.user_id:
        return ""
    try:
        users = live.get(click.integration_id).users
    except ConfigError:
        return ""
    return next((extension for extension, user in users.items() if user == click.user_id), "")


def _policy(tenant: Tenant) -> DialPolicy:
    DialPolicy.objects.get_or_create(tenant=tenant)
    return DialPolicy.objects.select_for_update(no_key=True).get(tenant=tenant)


def _first(click: Click) -> OriginateRequest | None:
    return OriginateRequest.objects.filter(key=click.key).first() if click.key else None


def _objection(tenant: Tenant, click: Click, request: OriginateRequest, policy: DialPolicy) -> str:
    """What stands in the way, the simplest first; empty when nothing does. Sets the exchange."""
    return (
        ("stale" if click.age > STALE_SECONDS else "")
        or _extension_objection(click, request)
        or _number_objection(tenant, click, request)
        or objection(policy, request.phone, tenant.phone_region, timezone.localtime(timezone=tenant.zone))
        or _exchange_objection(click, request)
        or rate_objection(policy, request, tenant.zone)
        or _phone_objection(request)
    )


def _extension_objection(click: Click, request: OriginateRequest) -> str:
    if not request.extension:
        return "bad_extension" if click.extension.strip() else "no_extension"
    return "" if Extension.objects.filter(number=request.extension).exists() else "unknown_extension"


def _number_objection(tenant: Tenant, click: Click, request: OriginateRequest) -> str:
    if is_emergency(numbers.bare(click.phone), tenant.phone_region):
        return "emergency"
    return "" if request.phone else "bad_number"


def _exchange_objection(click: Click, request: OriginateRequest) -> str:
    exchanges = dialing_exchanges(click.pbx_id)
    if not exchanges:
        return "no_exchange"
    request.pbx = exchanges[0][0]
    return ""


def _phone_objection(request: OriginateRequest) -> str:
    """The exchange would only say the same, some seconds later."""
    return "unregistered" if state_of(request.extension).state == PresenceState.AWAY else ""


def _refused(request: OriginateRequest, policy: DialPolicy, code: str) -> OriginateRequest:
    request.state, request.reason_code, request.ended_at = OriginateState.REFUSED, code, timezone.now()
    request.save(force_insert=True)
    watch_refusals.note(request, policy)
    return request


def _queued(request: OriginateRequest, click: Click) -> OriginateRequest:
    request.key = click.key
    request.save(force_insert=True)
    announce("click.requested", request)
    enqueue(LANE, [(request.pk, request.tenant_id, str(request.pbx_id), None)])
    return request


__all__ = ["CALLERS", "LANE", "Click", "request_call"]
