"""Creates CRM notifications and queues them, in the transaction of what they are about."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from integrations import live
from integrations.capabilities import CallNotifications
from integrations.connectors import get as get_connector
from telephony.actions.planning import EXTERNAL, Crms, Known, key
from telephony.models import Call, CallNotification, NotificationState
from tenants import bulk
from tenants.reads import Read
from tenants.work import cancel, enqueue

LANE: Final = "calls.notify"
_notifications = Read(CallNotification, "call_id {among}", without=("reason", "issues"))

Planner = Callable[[Call, Crms, Known], list[CallNotification]]


def create(calls: Sequence[Call], plan: Planner) -> list[CallNotification]:
    """Plan for every external call of tenants that have a CRM; store what is new and queue what has to go out."""
    external = [call for call in calls if call.direction in EXTERNAL]
    tenant_ids = {call.tenant_id for call in external}
    crms = {tenant_id: _crms(tenant_id) for tenant_id in tenant_ids}
    external = [call for call in external if crms[call.tenant_id].ids]
    if not external:
        return []
    known = _known(external)
    planned = [one for call in external for one in plan(call, crms[call.tenant_id], known[call.pk])]
    bulk.create(planned)
    queue([one for one in planned if one.state == NotificationState.PENDING])
    return planned


def _crms(tenant_id: int) -> Crms:
    found = live.with_capability(tenant_id, CallNotifications)
    return Crms(
        tuple(one.id for one in found), frozenset(one.id for one in found if _hears_answers(one.connector))
    )


def _hears_answers(connector: str) -> bool:
    session_class = get_connector(connector).session_class
    return issubclass(session_class, CallNotifications) and session_class.hears_answers


def queue(notifications: Sequence[CallNotification]) -> None:
    """Have them sent; grouped by integration, so that a slow CRM delays only itself."""
    enqueue(LANE, [(one.pk, one.tenant_id, str(one.integration_id), None) for one in notifications])


def _known(calls: Sequence[Call]) -> dict[UUID, Known]:
    found: dict[UUID, Known] = defaultdict(lambda: Known({}))
    for one in _notifications(call.pk for call in calls):
        found[one.call_id].states[key(one)] = one.state
    return found


def hand_over(losers: Sequence[UUID], winner: Call, now: datetime) -> None:
    """Notifications of calls that were merged: what is still pending is not sent any more."""
    pending = CallNotification.objects.filter(call_id__in=losers, state=NotificationState.PENDING)
    cancel(LANE, list(pending.values_list("id", flat=True)))
    pending.update(state=NotificationState.CANCELLED, reason_code="merged", settled_at=now)
