"""Tells one CRM one thing about one call, from the call's state at this moment, and says what came of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations import live
from integrations.actions.write_journals import write_journals
from integrations.capabilities import CallKind, CallNotifications, CallReceipt
from integrations.connectors import get as get_connector
from integrations.http.journal import Journal
from integrations.live import Live
from integrations.sessions import open_session
from telephony.actions import crm_facts
from telephony.actions.planning import POPUP_LIFE
from telephony.models import Call, CallNotification, NotificationKind, NotificationState, Pbx
from telephony.models.call import CallPhase
from tenants import bulk
from tenants.errors import ConfigError, HubError, RateLimited, TransientError, Unsupported
from tenants.models import Tenant
from tenants.reads import Read
from tenants.work import backoff

POPUP_RETRIES: Final = (1.0, 4.0, 15.0)
ANSWER_RETRIES: Final = (1.0, 4.0, 15.0)
HANGUP_RETRIES: Final = (1.0, 4.0, 15.0, 60.0, 300.0)
# About three days: quick at first, then every six hours.
UPLOAD_RETRIES: Final = (2.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, *([6 * 3600.0] * 11))
WAIT_SECONDS: Final = 0.5
REOPENED_SECONDS: Final = 5.0

_notifications = Read(CallNotification, "id {among}")
_calls = Read(Call, "id {among}")
_pbxs = Read(Pbx, "id {among}")
_tenants = Read(Tenant, "id {among}")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a try. `retry_in` None: settled. `is_attempt` False: nothing was sent, only waited."""

    notification: CallNotification | None
    state: NotificationState
    reason_code: str = ""
    reason: str = ""
    retry_in: float | None = None
    is_attempt: bool = True
    attempted_at: datetime | None = None
    receipt: CallReceipt = field(default_factory=CallReceipt)
    journal: Journal = field(default_factory=Journal)
    is_gone: bool = False
    """There is nothing to be written."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind is sent: which call of the capability, how long it may take, when it is repeated."""

    kind: CallKind
    send: Callable[[CallNotifications, Any], CallReceipt]
    facts: Callable[..., Any]
    seconds: float
    retries: Sequence[float]


WAYS: Final = {
    NotificationKind.POPUP: Way(
        CallKind.RINGING, lambda crm, call: crm.notify_ringing(call), crm_facts.ringing, 3.0, POPUP_RETRIES
    ),
    NotificationKind.ANSWER: Way(
        CallKind.ANSWERED,
        lambda crm, call: crm.notify_answered(call),
        crm_facts.answered,
        3.0,
        ANSWER_RETRIES,
    ),
    NotificationKind.HANGUP: Way(
        CallKind.HANGUP, lambda crm, call: crm.notify_hangup(call), crm_facts.hangup, 5.0, HANGUP_RETRIES
    ),
    NotificationKind.UPLOAD: Way(
        CallKind.FINISHED, lambda crm, call: crm.upload_call(call), crm_facts.finished, 15.0, UPLOAD_RETRIES
    ),
}


def load(ids: Collection[UUID]) -> dict[UUID, CallNotification]:
    """Those that are still there, with their calls, exchanges and companies."""
    found = _notifications(ids)
    calls = {call.pk: call for call in _calls({one.call_id for one in found})}
    pbxs = {pbx.pk: pbx for pbx in _pbxs({call.pbx_id for call in calls.values()})}
    tenants = {tenant.pk: tenant for tenant in _tenants({pbx.tenant_id for pbx in pbxs.values()})}
    whole: dict[UUID, CallNotification] = {}
    for one in found:
        call = calls.get(one.call_id)
        pbx = pbxs.get(call.pbx_id) if call else None
        tenant = tenants.get(pbx.tenant_id) if pbx else None
        if call and pbx and tenant:  # else it was deleted between two reads, and the notification with it
            one.call, call.pbx, call.tenant, pbx.tenant = call, pbx, tenant, tenant
            whole[one.pk] = one
    return whole


def notify_crm(one: CallNotification | None, attempt: int) -> Told:
    """One try with a notification that was just loaded. Raises nothing that a CRM or an operator can cause."""
    if one is None:
        return Told(None, NotificationState.CANCELLED, "deleted", is_gone=True)
    if one.state != NotificationState.PENDING:
        return Told(one, NotificationState(one.state), is_gone=True)
    with override(one.call.tenant.language):
        return _held_back(one) or _send(one, attempt)


def _held_back(one: CallNotification) -> Told | None:
    """A reason not to send now, or None."""
    try:
        integration = live.get(one.integration_id)
    except ConfigError:
        return Told(one, NotificationState.CANCELLED, "deleted", is_gone=True)
    if one.call.is_merged:
        return _cancelled(one, "merged")
    is_over = one.call.phase == CallPhase.ENDED
    held = None
    if one.kind == NotificationKind.POPUP:
        held = _held_popup(one, is_over=is_over)
    elif one.kind == NotificationKind.ANSWER:
        held = _cancelled(one, "ended_since") if is_over else _held_for_popup(one)
    elif not is_over:
        return Told(one, NotificationState.PENDING, "reopened", retry_in=REOPENED_SECONDS, is_attempt=False)
    elif one.kind == NotificationKind.HANGUP:
        held = _held_for_popup(one)
    if held is None and _names_calls(integration):
        held = _held_for_id(one)
    if held is None and not integration.is_enabled:
        return Told(one, NotificationState.PARKED, "paused", is_attempt=False)
    return held


def _held_popup(one: CallNotification, *, is_over: bool) -> Told | None:
    if is_over:
        return _cancelled(one, "call_over")
    return _cancelled(one, "too_late") if _is_late(one, timezone.now()) else None


def _is_late(one: CallNotification, at: datetime) -> bool:
    return one.rang_at is not None and at - one.rang_at > POPUP_LIFE


def _held_for_popup(one: CallNotification) -> Told | None:
    """What closes pop-ups follows them, and is pointless without one."""
    popups = _of_same_call(one).filter(kind=NotificationKind.POPUP)
    states = set(popups.values_list("state", flat=True))
    if NotificationState.PENDING in states:
        return Told(one, NotificationState.PENDING, retry_in=WAIT_SECONDS, is_attempt=False)
    return None if NotificationState.DONE in states else _cancelled(one, "no_popup")


def _names_calls(integration: Live) -> bool:
    session_class = get_connector(integration.connector).session_class
    return issubclass(session_class, CallNotifications) and session_class.names_calls


def _held_for_id(one: CallNotification) -> Told | None:
    """The first pop-up brings the id that the others need; without waiting they would begin a second call there."""
    earlier = _of_same_call(one).filter(kind=NotificationKind.POPUP, state=NotificationState.PENDING)
    if one.kind == NotificationKind.POPUP:
        earlier = earlier.filter(id__lt=one.pk)
    if not earlier.exists():
        return None
    return Told(one, NotificationState.PENDING, retry_in=WAIT_SECONDS, is_attempt=False)


def _known_id(one: CallNotification) -> str:
    """The call's id there, as the earliest of its notifications brought it; empty when none did."""
    told = _of_same_call(one).exclude(outside_id="").order_by("id")
    return told.values_list("outside_id", flat=True).first() or ""


def _of_same_call(one: CallNotification) -> QuerySet[CallNotification]:
    return CallNotification.objects.filter(integration_id=one.integration_id, call_id=one.call_id)


def _cancelled(one: CallNotification, code: str) -> Told:
    return Told(one, NotificationState.CANCELLED, code, is_attempt=False)


def _send(one: CallNotification, attempt: int) -> Told:
    way = WAYS[NotificationKind(one.kind)]
    journal, at = Journal(), timezone.now()
    crm: CallNotifications | None = None
    try:
        with open_session(
            one.integration_id,
            seconds=way.seconds,
            subject=one.pk,
            correlation_id=one.call_id,
            journal=journal,
        ) as session:
            crm = session.require(CallNotifications)
            outside_id = _known_id(one) if crm.names_calls else ""
            receipt = way.send(crm, way.facts(one, session.live.users, outside_id))
    except Unsupported:
        return Told(one, NotificationState.CANCELLED, "unsupported", attempted_at=at, journal=journal)
    except TransientError as error:
        return _after_trouble(one, way, crm, error, attempt, at, journal)
    except HubError as error:
        return Told(one, NotificationState.FAILED, error.code, str(error), attempted_at=at, journal=journal)
    return Told(one, NotificationState.DONE, attempted_at=at, receipt=receipt, journal=journal)


def _after_trouble(
    one: CallNotification, way: Way, crm: CallNotifications | None, error: TransientError, attempt: int, at: datetime, journal: Journal
) -> Told:  # fmt: skip
    def told(state: NotificationState, code: str, reason: str, retry_in: float | None = None) -> Told:
        return Told(one, state, code, reason, retry_in, attempted_at=at, journal=journal)

    if crm is not None and not crm.may_repeat(way.kind, error):
        text = _("%(error)s It may have arrived all the same: look there before you press Retry.") % {
            "error": error
        }
        return told(NotificationState.FAILED, error.code, text)
    if isinstance(error, RateLimited) and one.kind == NotificationKind.UPLOAD:
        # Its turn comes when the pace allows it: neither a busy hour nor a used-up day uses up the tries.
        delay = max(error.retry_after or 0.0, way.retries[0])
        return replace(told(NotificationState.PENDING, error.code, str(error), delay), is_attempt=False)
    planned = backoff(way.retries, attempt)
    if planned is None:
        return told(NotificationState.FAILED, error.code, str(error))
    delay = max(planned, error.retry_after or 0.0)
    if one.kind == NotificationKind.POPUP and _is_late(one, timezone.now() + timedelta(seconds=delay)):
        text = _("%(error)s The next try would come too late for a pop-up.") % {"error": error}
        return told(NotificationState.FAILED, error.code, text)
    return told(NotificationState.PENDING, error.code, str(error), delay)


def record_told(results: Sequence[Told]) -> None:
    """Write what became of the tries, and what was said, in the settling transaction."""
    write_journals([one.journal for one in results])
    rows = [_changed(one.notification, one) for one in results if one.notification and not one.is_gone]
    bulk.change(
        sorted(rows, key=lambda row: row.pk),
        [
            "state",
            "reason_code",
            "reason",
            "attempts",
            "attempted_at",
            "settled_at",
            "outside_id",
            "is_duplicate",
            "issues",
        ],
    )


def _changed(row: CallNotification, told: Told) -> CallNotification:
    row.state, row.reason_code, row.reason = told.state, told.reason_code, told.reason
    if told.attempted_at is not None:
        row.attempts += 1
        row.attempted_at = told.attempted_at
    row.settled_at = timezone.now() if told.state != NotificationState.PENDING else None
    row.outside_id, row.is_duplicate = told.receipt.outside_id[:100], told.receipt.duplicate
    row.issues = [{"kind": issue.kind.value, "value": issue.value} for issue in told.receipt.issues]
    return row
