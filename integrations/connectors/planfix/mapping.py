"""Pure functions between Planfix's fields and our dataclasses."""

from collections.abc import Mapping
from typing import Any

from integrations.capabilities import (
    CallAnswered,
    Caller,
    CallFacts,
    CallHangup,
    CallOutcome,
    CallRinging,
    Direction,
    FinishedCall,
    OutsideUser,
)
from integrations.phones import digits

Form = dict[str, str]

# Exact spelling matters. What Planfix cannot tell apart is missed for a call that came in.
INBOUND_STATUS = {
    CallOutcome.ANSWERED: "Success",
    CallOutcome.MISSED: "Missed",
    CallOutcome.NO_AGENT: "Missed",
    CallOutcome.ABANDONED: "Missed",
    CallOutcome.CANCELLED: "Missed",
    CallOutcome.BUSY: "Missed",
    CallOutcome.REJECTED: "Missed",
    CallOutcome.UNAVAILABLE: "Missed",
    CallOutcome.FAILED: "Missed",
    CallOutcome.CONGESTION: "Missed",
    CallOutcome.UNKNOWN: "Missed",
}
OUTBOUND_STATUS = {
    CallOutcome.ANSWERED: "Success",
    CallOutcome.MISSED: "NoAnswer",
    CallOutcome.NO_AGENT: "NoAnswer",
    CallOutcome.ABANDONED: "NoAnswer",
    CallOutcome.CANCELLED: "NoAnswer",
    CallOutcome.BUSY: "Busy",
    CallOutcome.REJECTED: "Busy",
    CallOutcome.UNAVAILABLE: "NotAvailable",
    CallOutcome.FAILED: "NotAvailable",
    CallOutcome.CONGESTION: "NotAvailable",
    CallOutcome.UNKNOWN: "NoAnswer",
}
CANCELLED = "Cancelled"
RINGING = {Direction.IN: "INCOMING", Direction.OUT: "OUTGOING"}


def ringing_events(call: CallRinging) -> list[Form]:
    """One event for each extension that rings, all with the same id of the call."""
    return [_event(call, RINGING[call.direction], extension) for extension in call.extensions]


def answered_events(call: CallAnswered) -> list[Form]:
    """Who took the call talks now; the cards of the others close."""
    taken = [_event(call, "ACCEPTED", extension) for extension in call.extensions[:1]]
    return taken + [_completed(call, extension, CANCELLED) for extension in call.extensions[1:]]


def skipped_events(call: CallHangup) -> list[Form]:
    """For those that rang and did not have the call: their cards close, and none of them counts as the call's end."""
    return [_completed(call, extension, CANCELLED) for extension in call.extensions[1:]]


def finished_event(call: FinishedCall, *, is_copied: bool = False) -> Form:
    """The end, with the extension that talked (or rang first): Planfix makes its entry from it.

    A recording that Planfix is to copy, or that is not there yet, is announced and comes afterwards (`late_record`).
    """
    statuses = INBOUND_STATUS if call.direction is Direction.IN else OUTBOUND_STATUS
    event = _completed(call, next(iter(call.extensions), ""), statuses[call.outcome], call.talk_seconds)
    if call.recording_url or call.is_recorded:
        event["is_recorded"] = "1"
    if call.recording_url and not is_copied:
        event["record_link"] = call.recording_url
    return event


def late_record(call: FinishedCall, *, is_copied: bool) -> Form:
    """A recording that comes after its call: Planfix makes a copy of it at once, or keeps the link."""
    return {
        "callid": call.external_id,
        "record_link": call.recording_url,
        "is_temp": "1" if is_copied else "0",
    }


def caller(answer: Mapping[str, Any]) -> Caller | None:
    """None when nobody has the number: then there is no name in the answer."""
    name, extension = answer.get("contact_name"), answer.get("responsible")
    if not name:
        return None
    is_number = isinstance(extension, str | int) and not isinstance(extension, bool)
    return Caller(name=str(name), extension=str(extension) if is_number else "")


def _completed(call: CallFacts, extension: str, status: str, seconds: int = 0) -> Form:
    return _event(call, "COMPLETED", extension) | {
        "duration": str(seconds),
        "is_recorded": "0",
        "status": status,
    }


def _event(call: CallFacts, event: str, extension: str) -> Form:
    found = {
        "type": call.direction.value,
        "event": event,
        "phone": digits(call.phone),
        "diversion": digits(call.did),
        "ext": extension,
        "callid": call.external_id,
    }
    return {name: value for name, value in found.items() if value}


def outside_user(row: Mapping[str, Any]) -> OutsideUser:
    """An employee; the REST API does not tell the short number."""
    names = [str(row.get(name) or "") for name in ("lastname", "name")]
    email = str(row.get("email") or "")
    return OutsideUser(
        id=str(row["id"]),
        name=" ".join(name for name in names if name) or email or str(row["id"]),
        email=email,
        active=str(row.get("status") or "ACTIVE").upper() == "ACTIVE",
    )
