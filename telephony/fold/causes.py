"""Hang-up causes (Q.850) and dial results -> outcomes."""

from typing import Final

from telephony.fold.facts import Seen
from telephony.fold.state import Direction, Outcome, Side

ANSWER_WORDS: Final = frozenset(("ANSWER", "ANSWERED"))
ANSWERED_STATUSES: Final = frozenset(("2", "ANSWERED", "ANSWER"))
BUSY_STATUSES: Final = frozenset(("1", "BUSY"))
NO_CAUSE: Final = frozenset((None, 0))

_REJECTED: Final = frozenset((21,))
_BUSY: Final = frozenset((17,))
_WRONG_NUMBER: Final = frozenset((1, 2, 3, 22, 28))
_CONGESTION: Final = frozenset((34, 38, 41, 42, 43, 44, 47))
_UNAVAILABLE: Final = frozenset((18, 20, 27))
_NORMAL: Final = frozenset((16,))


def says_answered(hangup: Seen) -> bool:
    """Whether a hang-up event itself says that the call had been answered."""
    return hangup.call_status in ANSWERED_STATUSES or hangup.dial_status in ANSWER_WORDS


def is_normal(cause: int | None) -> bool:
    """Whether a cause tells nothing but that it is over."""
    return cause in _NORMAL | NO_CAUSE


def unanswered(direction: Direction, hangup: Seen | None, *, has_rung: bool) -> Outcome:
    """The outcome of a call that nobody answered, by what the dialplan says of its hang-up."""
    if hangup is None:
        return Outcome.UNKNOWN
    status = "BUSY" if hangup.call_status in BUSY_STATUSES else hangup.dial_status
    return unanswered_by(direction, hangup.cause, status, has_rung=has_rung)


def unanswered_by(direction: Direction, cause: int | None, status: str, *, has_rung: bool) -> Outcome:
    """The outcome of a call that nobody answered.

    The dial result alone does not tell (a declined call says CHANUNAVAIL), nor does the cause (a missed one says 16):
    seen on a real exchange.
    """
    by_cause = _by_cause(direction, cause, status)
    if by_cause is not None:
        return by_cause
    match status:
        case "NOANSWER":
            return Outcome.MISSED
        case "CANCEL" | "CANCELLED":
            return Outcome.CANCELLED
        case "CONGESTION":
            return Outcome.CONGESTION
        case "CHANUNAVAIL":
            return Outcome.UNAVAILABLE
    return _without_dial_result(direction, cause, has_rung=has_rung)


def ended_by(direction: Direction, outcome: Outcome) -> Side:
    """Who ended a call that nobody answered: the outcome tells as much."""
    if not direction.is_external or outcome in _NOBODYS:
        return Side.UNKNOWN
    is_callers = outcome in _CALLERS
    return Side.CLIENT if is_callers is (direction is Direction.IN) else Side.US


_CALLERS: Final = frozenset((Outcome.CANCELLED, Outcome.ABANDONED))
# The network's doing, and what nobody saw.
_NOBODYS: Final = frozenset(
    (Outcome.NONE, Outcome.ANSWERED, Outcome.FAILED, Outcome.CONGESTION, Outcome.LOST, Outcome.UNKNOWN)
)


def _by_cause(direction: Direction, cause: int | None, status: str) -> Outcome | None:
    if status == "BUSY" or cause in _BUSY:
        return Outcome.BUSY
    if cause in _REJECTED:
        return Outcome.REJECTED
    if status in ("NOANSWER", "CANCEL"):
        return None
    if direction is Direction.OUT and cause in _WRONG_NUMBER:
        return Outcome.FAILED
    if cause in _UNAVAILABLE:
        return Outcome.UNAVAILABLE
    if cause in _CONGESTION:
        # 34 is also what an unregistered phone of our own gives: then it is the phone, not the network.
        is_our_phone = status == "CHANUNAVAIL" and direction is not Direction.OUT
        return Outcome.UNAVAILABLE if is_our_phone else Outcome.CONGESTION
    return None


def _without_dial_result(direction: Direction, cause: int | None, *, has_rung: bool) -> Outcome:
    """Queues and menus set no dial result."""
    if direction is Direction.OUT:
        return Outcome.FAILED if cause not in NO_CAUSE | _NORMAL else Outcome.MISSED
    if direction is Direction.IN:
        if not has_rung and cause in _NORMAL:
            return Outcome.NO_AGENT
        # Without any cause nothing says that the caller gave up: a sender that reports no causes.
        return Outcome.MISSED if has_rung and cause in NO_CAUSE else Outcome.ABANDONED
    return Outcome.MISSED
