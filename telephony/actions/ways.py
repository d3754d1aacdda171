"""How each kind of notification is sent: by which call of which capability, how long it may take, when it is repeated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from integrations.capabilities import CallFollowUps, CallKind, CallNotifications, CallReceipt, FollowUpKind
from integrations.connector import Session
from telephony.actions import crm_facts, following
from telephony.models import CallNotification, NotificationKind
from tenants.errors import TransientError

POPUP_RETRIES: Final = (1.0, 4.0, 15.0)
ANSWER_RETRIES: Final = (1.0, 4.0, 15.0)
HANGUP_RETRIES: Final = (1.0, 4.0, 15.0, 60.0, 300.0)
# About three days: quick at first, then every six hours.
UPLOAD_RETRIES: Final = (2.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, *([6 * 3600.0] * 11))


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a try: the receipt, and what has to be remembered of it."""

    receipt: CallReceipt
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """`send` speaks to the CRM; `may_repeat` says of an error whether another try could double something.

    What `lasts` is as good tomorrow: it waits for its turn as long as the CRM's pace demands.
    """

    send: Callable[[Session, CallNotification, str], Sent]
    may_repeat: Callable[[Session, TransientError], bool]
    seconds: float
    retries: Sequence[float]
    lasts: bool = False


def _telling(
    kind: CallKind, send: Callable[[CallNotifications, Any], CallReceipt], facts: Callable[..., Any], *more: Any, **options: Any
) -> Way:  # fmt: skip
    def tell(session: Session, one: CallNotification, outside_id: str) -> Sent:
        crm = session.require(CallNotifications)
        return Sent(send(crm, facts(one, session.live.users, outside_id)))

    def may_repeat(session: Session, error: TransientError) -> bool:
        return session.require(CallNotifications).may_repeat(kind, error)

    return Way(tell, may_repeat, *more, **options)


def _making(kind: FollowUpKind, make: Callable[[CallFollowUps, CallNotification], CallReceipt]) -> Way:
    def send(session: Session, one: CallNotification, outside_id: str) -> Sent:
        return Sent(make(session.require(CallFollowUps), one))

    def may_repeat(session: Session, error: TransientError) -> bool:
        return session.require(CallFollowUps).may_repeat_follow_up(kind, error)

    return Way(send, may_repeat, 20.0, UPLOAD_RETRIES, lasts=True)


def _ask(session: Session, one: CallNotification, outside_id: str) -> Sent:
    return Sent(CallReceipt(), following.decide(session.require(CallFollowUps), one, session.live.users))


WAYS: Final[Mapping[NotificationKind, Way]] = {
    NotificationKind.POPUP: _telling(
        CallKind.RINGING, lambda crm, call: crm.notify_ringing(call), crm_facts.ringing, 3.0, POPUP_RETRIES
    ),
    NotificationKind.ANSWER: _telling(
        CallKind.ANSWERED,
        lambda crm, call: crm.notify_answered(call),
        crm_facts.answered,
        3.0,
        ANSWER_RETRIES,
    ),
    NotificationKind.HANGUP: _telling(
        CallKind.HANGUP, lambda crm, call: crm.notify_hangup(call), crm_facts.hangup, 5.0, HANGUP_RETRIES
    ),
    NotificationKind.UPLOAD: _telling(
        CallKind.FINISHED,
        lambda crm, call: crm.upload_call(call),
        crm_facts.finished,
        15.0,
        UPLOAD_RETRIES,
        lasts=True,
    ),
    NotificationKind.RECORDING: _telling(
        CallKind.RECORDING,
        lambda crm, call: crm.attach_recording(call),
        crm_facts.finished,
        60.0,
        UPLOAD_RETRIES,
        lasts=True,
    ),
    NotificationKind.RULE: Way(_ask, lambda session, error: True, 15.0, UPLOAD_RETRIES, lasts=True),
    NotificationKind.CONTACT: _making(FollowUpKind.CONTACT, following.make_contact),
    NotificationKind.LEAD: _making(FollowUpKind.LEAD, following.make_lead),
    NotificationKind.TASK: _making(FollowUpKind.TASK, following.make_task),
    NotificationKind.TASK_DONE: _making(FollowUpKind.TASK_DONE, following.close_task),
}
