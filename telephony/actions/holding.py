"""Reasons not to send a notification now: it is pointless, it has to wait for another one, or somebody switched it off."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from integrations import live
from integrations.capabilities import CallNotifications
from integrations.connectors import connector_of
from integrations.live import Live
from telephony import policies
from telephony.actions import crm_facts, following
from telephony.actions.planning import POPUP_LIFE
from telephony.actions.told import Told
from telephony.models import CallNotification, ClientTask, NotificationKind, NotificationState
from telephony.models.call import CallPhase
from tenants.errors import ConfigError

WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0
REOPENED_SECONDS: Final = 5.0
FOR_A_CONTACT: Final = timedelta(minutes=10)
"""How long an upload waits for the contact that a rule makes: it belongs into its card, but not at any price."""

Hold = Callable[[CallNotification], Told | None]


def held_back(one: CallNotification) -> Told | None:
    """A reason not to send now, or None."""
    try:
        integration = live.get(one.integration_id)
    except ConfigError:
        return Told(one, NotificationState.CANCELLED, "deleted", is_gone=True)
    if one.call.is_merged:
        return cancelled(one, "merged")
    kind = NotificationKind(one.kind)
    is_over = one.call.phase == CallPhase.ENDED
    if not is_over and kind not in (NotificationKind.POPUP, NotificationKind.ANSWER):
        return Told(one, NotificationState.PENDING, "reopened", retry_in=REOPENED_SECONDS, is_attempt=False)
    held = _HOLDS[kind](one) if kind in _HOLDS else None
    if held is None and kind in _OF_A_CALL and _names_calls(integration):
        held = _held_for_id(one)
    if held is None and not integration.is_enabled:
        return Told(one, NotificationState.PARKED, "paused", is_attempt=False)
    return held


def is_late(one: CallNotification, at: datetime) -> bool:
    """Whether a pop-up would only confuse."""
    return one.rang_at is not None and at - one.rang_at > POPUP_LIFE


def cancelled(one: CallNotification, code: str) -> Told:
    return Told(one, NotificationState.CANCELLED, code, is_attempt=False)


def of_same_call(one: CallNotification) -> QuerySet[CallNotification]:
    return CallNotification.objects.filter(integration_id=one.integration_id, call_id=one.call_id)


def known_id(one: CallNotification) -> str:
    """The call's id there, as the earliest of its notifications brought it; empty when none did."""
    told = of_same_call(one).filter(kind__in=_OF_A_CALL).exclude(outside_id="").order_by("id")
    return told.values_list("outside_id", flat=True).first() or ""


def _popup(one: CallNotification) -> Told | None:
    if one.call.phase == CallPhase.ENDED:
        return cancelled(one, "call_over")
    return cancelled(one, "too_late") if is_late(one, timezone.now()) else None


def _answer(one: CallNotification) -> Told | None:
    return cancelled(one, "ended_since") if one.call.phase == CallPhase.ENDED else _for_popup(one)


def _for_popup(one: CallNotification) -> Told | None:
    """What closes pop-ups follows them, and is pointless without one."""
    popups = of_same_call(one).filter(kind=NotificationKind.POPUP)
    states = set(popups.values_list("state", flat=True))
    if NotificationState.PENDING in states:
        return _wait(one, WAIT_SECONDS)
    return None if NotificationState.DONE in states else cancelled(one, "no_popup")


def _upload(one: CallNotification) -> Told | None:
    """It waits for its recording to be complete, and for the card into which it belongs, but for neither very long."""
    call, now = one.call, timezone.now()
    if one.details.get("told"):
        return None
    limit = timedelta(seconds=policies.of_tenant(one.tenant_id).recording_wait)
    until = (call.ended_at or call.updated_at) + limit
    if call.recording and call.recording_size is None and now < until and crm_facts.recording_url(call):
        return _wait(one, (until - now).total_seconds(), "recording")
    if now - one.created_at < FOR_A_CONTACT:
        return _for(one, NotificationKind.RULE, NotificationKind.CONTACT)
    return None


def _lead(one: CallNotification) -> Told | None:
    return _for(one, NotificationKind.CONTACT)


def _task(one: CallNotification) -> Told | None:
    """One is open for a client; and none is made for somebody who was called back before it could be."""
    mine = ClientTask.objects.filter(integration_id=one.integration_id, call_id=one.call_id).first()
    if mine is not None and mine.closed_at is not None:
        return cancelled(one, "called_back")
    if mine is None:
        others = ClientTask.objects.filter(
            integration_id=one.integration_id, client_number=one.call.client_number, closed_at__isnull=True
        )
        if others.exists():
            return cancelled(one, "task_open")
    return _for(one, NotificationKind.CONTACT, NotificationKind.LEAD)


def _task_done(one: CallNotification) -> Told | None:
    states = set(following.task_of(one).values_list("state", flat=True))
    if NotificationState.PENDING in states:
        return _wait(one, _patience(one))
    return None if NotificationState.DONE in states else cancelled(one, "no_task")


def _for(one: CallNotification, *kinds: NotificationKind) -> Told | None:
    """Wait while one of these is still on its way; most calls have none of them, which one query tells."""
    if of_same_call(one).filter(kind__in=kinds, state=NotificationState.PENDING).exists():
        return _wait(one, _patience(one))
    return None


def _patience(one: CallNotification) -> float:
    """Soon at first; when the CRM is down for hours, every now and then."""
    age = (timezone.now() - one.created_at).total_seconds()
    return min(max(WAIT_SECONDS, age / 10), LONGEST_WAIT_SECONDS)


def _wait(one: CallNotification, seconds: float, code: str = "") -> Told:
    return Told(one, NotificationState.PENDING, code, retry_in=seconds, is_attempt=False)


def _names_calls(integration: Live) -> bool:
    session_class = connector_of(integration.connector).session_class
    return issubclass(session_class, CallNotifications) and session_class.names_calls


def _held_for_id(one: CallNotification) -> Told | None:
    """The first pop-up brings the id that the others need; without waiting they would begin a second call there."""
    earlier = of_same_call(one).filter(kind=NotificationKind.POPUP, state=NotificationState.PENDING)
    if one.kind == NotificationKind.POPUP:
        earlier = earlier.filter(id__lt=one.pk)
    return _wait(one, WAIT_SECONDS) if earlier.exists() else None


_OF_A_CALL: Final = (
    NotificationKind.POPUP,
    NotificationKind.ANSWER,
    NotificationKind.HANGUP,
    NotificationKind.UPLOAD,
    NotificationKind.RECORDING,
)
"""Those whose id there is the call's; the others made something of their own."""
_HOLDS: Final[Mapping[NotificationKind, Hold]] = {
    NotificationKind.POPUP: _popup,
    NotificationKind.ANSWER: _answer,
    NotificationKind.HANGUP: _for_popup,
    NotificationKind.UPLOAD: _upload,
    NotificationKind.LEAD: _lead,
    NotificationKind.TASK: _task,
    NotificationKind.TASK_DONE: _task_done,
}
