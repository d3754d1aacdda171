"""How far a click has come, read from what is known: a pure function of events, of the folded call, of a look at the channel.

A step forward never goes back, whatever comes late or twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from telephony.models.call import Call, CallDirection, CallPhase, CallStatus
from telephony.models.origination import OriginateState

# Of Asterisk's OriginateResponse: the control frame with which the first leg ended.
_RESPONSES: Final = {
    "0": "unregistered",
    "1": "agent_declined",
    "3": "agent_no_answer",
    "5": "agent_busy",
    "8": "congestion",
}
_RINGING, _UP = "5", "6"  # of a channel, in numbers: the words beside them are not kept
_DIAL_STATUSES: Final = {
    "BUSY": "client_busy",
    "NOANSWER": "client_no_answer",
    "CANCEL": "agent_left",
    "CHANUNAVAIL": "client_unreachable",
    "CONGESTION": "congestion",
}
_STATUSES: Final = {
    CallStatus.BUSY: "client_busy",
    CallStatus.MISSED: "client_no_answer",
    CallStatus.REJECTED: "client_declined",
    CallStatus.UNAVAILABLE: "client_unreachable",
    CallStatus.CANCELLED: "agent_left",
    CallStatus.FAILED: "client_unreachable",
    CallStatus.CONGESTION: "congestion",
}
# Q.850 of the colleague's own leg, when the exchange gave no better reason.
_CAUSES: Final = {
    17: "agent_busy",
    20: "unregistered",
    21: "agent_declined",
    34: "congestion",
    42: "congestion",
}


@dataclass(slots=True)
class Progress:
    """Times of what was reached; `reason` is set when it failed, `ended_at` when it is over."""

    agent_rang_at: datetime | None = None
    agent_answered_at: datetime | None = None
    client_rang_at: datetime | None = None
    talked_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    dialled: set[str] = field(default_factory=set)

    @property
    def state(self) -> OriginateState | None:
        """None while nothing is known."""
        if self.ended_at is not None:
            return OriginateState.ENDED if self.talked_at is not None else OriginateState.FAILED
        for at, state in (
            (self.talked_at, OriginateState.TALKING),
            (self.client_rang_at, OriginateState.CLIENT_RINGING),
            (self.agent_answered_at, OriginateState.AGENT_ANSWERED),
            (self.agent_rang_at, OriginateState.AGENT_RINGING),
        ):
            if at is not None:
                return state
        return None

    @property
    def is_known(self) -> bool:
        return self.state is not None

    def note(self, step: str, at: datetime) -> None:
        """The first time counts."""
        if getattr(self, step) is None:
            setattr(self, step, at)

    def missing(self) -> str:
        """Why it did not become a talk, when nobody said so: what it was waiting for did not come."""
        if self.agent_answered_at is not None:
            return "client_not_reached"
        return "agent_no_answer" if self.agent_rang_at is not None else "unregistered"


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the manager interface: what it is called, its fields, and when it was."""

    kind: str
    fields: Mapping[str, Any]
    at: datetime

    def text(self, name: str) -> str:
        value = self.fields.get(name, "")
        return str(value[0] if isinstance(value, list) and value else value)


def read_events(events: Iterable[Said], channel: str) -> Progress:
    """From the manager interface's events in their order; those of other channels than ours and its partner are passed over."""
    progress = Progress()
    for one in events:
        step = _STEPS.get(one.kind)
        if step is not None:
            step(progress, one, channel)
    return progress


def _new_state(progress: Progress, one: Said, channel: str) -> None:
    if one.text("Uniqueid") == channel:
        state = one.text("ChannelState")
        if state in (_RINGING, _UP):
            progress.note("agent_rang_at", one.at)
        if state == _UP:
            progress.note("agent_answered_at", one.at)


def _response(progress: Progress, one: Said, channel: str) -> None:
    if one.text("Uniqueid") != channel:
        return
    if one.text("Response") == "Success":
        progress.note("agent_answered_at", one.at)
    else:
        progress.reason = _RESPONSES.get(one.text("Reason"), "rejected")
        progress.note("ended_at", one.at)


def _dial_begin(progress: Progress, one: Said, channel: str) -> None:
    if one.text("Uniqueid") == channel and one.text("DestUniqueid") != channel:
        progress.note("agent_answered_at", one.at)
        progress.note("client_rang_at", one.at)
        progress.dialled.add(one.text("DestUniqueid"))


def _dial_end(progress: Progress, one: Said, channel: str) -> None:
    if one.text("Uniqueid") != channel or one.text("DestUniqueid") == channel:
        return
    status = one.text("DialStatus")
    if status == "ANSWER":
        progress.note("talked_at", one.at)
    elif progress.talked_at is None:
        progress.reason = _DIAL_STATUSES.get(status, progress.reason)


def _hangup(progress: Progress, one: Said, channel: str) -> None:
    if one.text("Uniqueid") != channel:
        return
    progress.note("ended_at", one.at)
    if progress.talked_at is None and not progress.reason:
        cause = one.text("Cause")
        known = _CAUSES.get(int(cause), "") if cause.isascii() and cause.isdecimal() else ""
        # After he answered the cause is the client's, and the dial status has said it already.
        progress.reason = known if known and progress.agent_answered_at is None else progress.missing()


_STEPS: Final = {
    "Newstate": _new_state,
    "OriginateResponse": _response,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "Hangup": _hangup,
    "HubGone": _hangup,
}


def read_call(call: Call) -> Progress:
    """From the folded call, whatever told of it. Our side of it exists only after the colleague answered."""
    progress = Progress()
    if call.direction not in (CallDirection.OUT, CallDirection.UNKNOWN):
        return progress
    progress.note("agent_answered_at", call.started_at)
    if call.direction == CallDirection.OUT and call.phase != CallPhase.NEW:
        progress.note("client_rang_at", call.started_at)
    if call.direction == CallDirection.OUT and call.answered_at is not None:
        progress.note("talked_at", call.answered_at)
    if call.ended_at is not None:
        progress.ended_at = call.ended_at
        if progress.talked_at is None:
            progress.reason = _STATUSES.get(CallStatus(call.status), "client_no_answer")
    return progress


def read_channel(status: Mapping[str, str] | None, at: datetime, known: Progress) -> Progress:
    """From one look at the channel; None: it is not there (any more), so that whatever it waited for did not come."""
    seen = Progress(
        known.agent_rang_at,
        known.agent_answered_at,
        known.client_rang_at,
        known.talked_at,
        reason=known.reason,
    )
    if status is None:
        seen.ended_at = at
        if seen.talked_at is None:
            seen.reason = seen.reason or seen.missing()
        return seen
    state = status.get("ChannelState", "")
    if state in (_RINGING, _UP):
        seen.note("agent_rang_at", at)
    if state == _UP:
        seen.note("agent_answered_at", at)
        if status.get("Application", "") == "Dial":
            seen.note("client_rang_at", at)
        if status.get("BridgeID", ""):
            seen.note("talked_at", at)
    return seen


def joined(first: Progress, second: Progress) -> Progress:
    """What either knows; where both do, the first."""
    return Progress(
        first.agent_rang_at or second.agent_rang_at,
        first.agent_answered_at or second.agent_answered_at,
        first.client_rang_at or second.client_rang_at,
        first.talked_at or second.talked_at,
        first.ended_at or second.ended_at,
        first.reason or second.reason,
    )
