"""Creates CRM notifications and queues them, in the transaction of what they are about."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations import live
from integrations.capabilities import CallFollowUps, CallNotifications
from integrations.connectors import connector_of
from telephony import policies
from telephony.actions import amending
from telephony.actions.planning import EXTERNAL, Crms, Known, key
from telephony.models import Call, CallNotification, NotificationState
from tenants import bulk
from tenants.models import Work
from tenants.reads import Read
from tenants.work import cancel, enqueue, hand_on, wake

LANE: Final = "calls.notify"
_notifications = Read(CallNotification, "call_id {among}", without=("reason", "issues"))

Planner = Callable[[Call, Crms, Known], list[CallNotification]]


def create(calls: Sequence[Call], plan: Planner) -> list[CallNotification]:
    """Plan for every external call of tenants that have a CRM; store what is new and queue what has to go out.

    What a CRM was told of a closed call and is no longer so is told again, where it takes that.
    """
    external = [call for call in calls if call.direction in EXTERNAL]
    tenant_ids = {call.tenant_id for call in external}
    crms = {tenant_id: _crms(tenant_id) for tenant_id in tenant_ids}
    heard = {call.pk: _hearing(call, crms[call.tenant_id]) for call in external if crms[call.tenant_id].ids}
    external = [call for call in external if call.pk in heard and heard[call.pk].ids]
    if not external:
        return []
    known = _known(external)
    planned = [one for call in external for one in plan(call, heard[call.pk], known[call.pk])]
    planned += [
        one
        for call in external
        if call.finished_at is not None
        for one in amending.late_recordings(call, heard[call.pk], known[call.pk])
    ]
    stored = bulk.create(planned)
    _begin([one for one in planned if one.pk in stored and one.state == NotificationState.PENDING])
    for call in external:
        if call.finished_at is not None:  # closed calls seldom change: these may have statements of their own
            _tell_again(amending.outdated(call, heard[call.pk], known[call.pk]))
            _hurry(amending.waiting(call, heard[call.pk], known[call.pk]))
    return planned


def _crms(tenant_id: int) -> Crms:
    found = live.with_capability(tenant_id, CallNotifications)
    if not found:
        return Crms()
    can = {one.id: _can(one.connector) for one in found}

    def those(ability: str) -> frozenset[UUID]:
        return frozenset(each for each, abilities in can.items() if ability in abilities)

    return Crms(
        tuple(can),
        hearing=those("hears_answers"),
        hiding=those("only_hides"),
        following=those("follows"),
        amending=those("amends_uploads"),
        attaching=those("attaches_recordings"),
        policy=policies.of_tenant(tenant_id),
    )


@lru_cache(maxsize=100)
def _can(connector: str) -> frozenset[str]:
    """What a system says of itself that planning has to know."""
    session_class = connector_of(connector).session_class
    flags = ("hears_answers", "only_hides", "amends_uploads", "attaches_recordings")
    found = {flag for flag in flags if getattr(session_class, flag, False)}
    return frozenset(found | ({"follows"} if issubclass(session_class, CallFollowUps) else set()))


def _hearing(call: Call, crms: Crms) -> Crms:
    return crms.of(crms.policy.line(call.did, call.trunk))


def queue(notifications: Sequence[CallNotification]) -> None:
    """Have them sent."""
    enqueue(LANE, _entries(notifications))


def _begin(written: Sequence[CallNotification]) -> None:
    """Have them sent as they and their calls were just written: who has exchange and company at hand reads nothing."""
    whole = {one.pk: one for one in written if _is_whole(one.call)}
    hand_on(LANE, _entries(list(whole.values())), whole)
    queue([one for one in written if one.pk not in whole])


def _is_whole(call: Call) -> bool:
    return Call.pbx.is_cached(call) and Call.tenant.is_cached(call)


def _entries(notifications: Sequence[CallNotification]) -> list[tuple[UUID, int, str, None]]:
    """Grouped by integration, so that a slow CRM delays only itself."""
    return [(one.pk, one.tenant_id, str(one.integration_id), None) for one in notifications]


def _tell_again(rows: Sequence[CallNotification]) -> None:
    if rows:
        CallNotification.objects.filter(id__in=[row.pk for row in rows], state=NotificationState.DONE).update(
            state=NotificationState.PENDING, reason_code="", reason="", settled_at=None
        )
        queue(rows)


def _hurry(rows: Sequence[CallNotification]) -> None:
    """What they waited for has come. One that is being sent at this moment is left to whoever sends it."""
    if rows:
        waiting = Work.objects.filter(lane=LANE, subject__in=[row.pk for row in rows], lease__isnull=True)
        waiting.update(due=timezone.now())
        transaction.on_commit(partial(wake, LANE))


def tell_changes(calls: Sequence[Call]) -> None:
    """Whatever changed of these calls while a CRM was being told of them."""
    create([call for call in calls if call.finished_at is not None], lambda call, crms, known: [])


def _known(calls: Sequence[Call]) -> dict[UUID, Known]:
    found: dict[UUID, Known] = defaultdict(lambda: Known({}))
    for one in _notifications(call.pk for call in calls):
        found[one.call_id].states[key(one)] = one.state
        found[one.call_id].rows[key(one)] = one
    return found


def hand_over(losers: Sequence[UUID], winner: Call, now: datetime) -> None:
    """Notifications of calls that were merged: what is still pending is not sent any more."""
    pending = CallNotification.objects.filter(call_id__in=losers, state=NotificationState.PENDING)
    cancel(LANE, list(pending.values_list("id", flat=True)))
    pending.update(state=NotificationState.CANCELLED, reason_code="merged", settled_at=now)
