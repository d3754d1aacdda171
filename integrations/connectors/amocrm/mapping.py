"""Pure functions between amoCRM's words and ours: calls, callers, users."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import (
    CallFacts,
    CallOutcome,
    Direction,
    FinishedCall,
    MappingIssue,
    MappingKind,
    OutsideUser,
)
from integrations.phones import digits

Row = dict[str, Any]

# 4 a conversation took place, 5 wrong number, 6 did not get through, 7 busy, 8 undefined.
STATUS: Final = {
    CallOutcome.ANSWERED: 4,
    CallOutcome.MISSED: 6,
    CallOutcome.NO_AGENT: 6,
    CallOutcome.ABANDONED: 6,
    CallOutcome.CANCELLED: 6,
    CallOutcome.BUSY: 7,
    CallOutcome.REJECTED: 7,
    CallOutcome.UNAVAILABLE: 6,
    CallOutcome.CONGESTION: 6,
    CallOutcome.FAILED: 5,
    CallOutcome.UNKNOWN: 8,
}
# What people read beside the call, because the statuses tell less than we know.
RESULT: Final[Mapping[CallOutcome, Promise]] = {
    CallOutcome.ANSWERED: _("Answered"),
    CallOutcome.MISSED: _("Not answered"),
    CallOutcome.NO_AGENT: _("Nobody was there to answer"),
    CallOutcome.ABANDONED: _("The caller hung up while waiting"),
    CallOutcome.CANCELLED: _("Cancelled before an answer"),
    CallOutcome.BUSY: _("Line busy"),
    CallOutcome.REJECTED: _("Declined"),
    CallOutcome.UNAVAILABLE: _("Not available"),
    CallOutcome.CONGESTION: _("No free line"),
    CallOutcome.FAILED: _("The number could not be reached"),
    CallOutcome.UNKNOWN: _("Unknown"),
}
WAY: Final = {Direction.IN: "inbound", Direction.OUT: "outbound"}
CARDS: Final = {"contact": "contacts", "company": "companies", "lead": "leads"}
"""How tasks name what a call's answer names."""
CALL_BACK: Final = 1  # the type of tasks that every account has
SERVICE_CODE: Final = "switchboard"
COMPARED_DIGITS: Final = 10
LEAST_DIGITS: Final = 5


def ringing_users(call: CallFacts) -> list[int]:
    """The users whose phones ring, each once."""
    found = [call.users[name] for name in call.extensions if name in call.users]
    return [int(one) for one in dict.fromkeys(found) if is_id(one)]


def assignments(call: CallFacts) -> tuple[tuple[MappingIssue, ...], tuple[MappingIssue, ...]]:
    """Extensions that rang and that nobody in amoCRM is assigned to, and those that somebody is."""
    named = [(MappingIssue(MappingKind.EXTENSION, one), one in call.users) for one in call.extensions]
    return (
        tuple(issue for issue, is_known in named if not is_known),
        tuple(issue for issue, is_known in named if is_known),
    )


def call_note(call: FinishedCall, source: str, *, names_user: bool = True) -> Row:
    """One row of `POST /api/v4/calls`."""
    found: Row = {
        "direction": WAY[call.direction],
        "uniq": call.external_id,
        "duration": call.talk_seconds,
        "source": source,
        "phone": call.phone,
        "call_status": STATUS[call.outcome],
        "call_result": str(RESULT[call.outcome]),
        "created_at": int(call.started_at.timestamp()),
    }
    if is_playable(call.recording_url):
        found["link"] = call.recording_url
    user, extension = responsible_user(call), next(iter(call.extensions), "")
    if user and names_user:
        found |= {"call_responsible": user, "created_by": user, "responsible_user_id": user}
    elif extension:
        found["call_responsible"] = extension
    return found


def unsorted_call(call: FinishedCall, source: str, pipeline: str) -> Row:
    """One row of `POST /api/v4/leads/unsorted/sip`: `from` is the caller, `phone` the number that was called."""
    found: Row = {
        "source_name": source,
        "source_uid": str(call.call_id),
        "created_at": int(call.started_at.timestamp()),
        "metadata": {
            "from": call.phone,
            "phone": call.did or next(iter(call.extensions), "") or call.phone,
            "called_at": int(call.started_at.timestamp()),
            "duration": call.talk_seconds,
            "link": call.recording_url if is_playable(call.recording_url) else "",
            "service_code": SERVICE_CODE,
            "uniq": call.external_id,
            "is_call_event_needed": True,
        },
        "_embedded": {
            "leads": [{"name": call.phone}],
            "contacts": [
                {
                    "name": call.phone,
                    "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": call.phone}]}],
                }
            ],
        },
    }
    if pipeline:
        found["pipeline_id"] = int(pipeline)
    return found


def callback_task(call: FinishedCall, taken: Row, minutes: float, text: str) -> Row | None:
    """A task in the card in which the call is; None where nobody has to call back, or there is no card."""
    entity = CARDS.get(str(taken.get("entity_type") or ""))
    number = taken.get("entity_id")
    is_missed = call.direction is Direction.IN and call.outcome not in (
        CallOutcome.ANSWERED,
        CallOutcome.UNKNOWN,
    )
    if not is_missed or entity is None or type(number) is not int:
        return None
    task: Row = {
        "text": text,
        "complete_till": int(call.ended_at.timestamp() + minutes * 60),
        "task_type_id": CALL_BACK,
        "entity_id": number,
        "entity_type": entity,
    }
    user = responsible_user(call)
    return task | {"responsible_user_id": user} if user else task


def is_playable(url: str) -> bool:
    """amoCRM's player takes an mp3 by https and nothing else."""
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.netloc) and parts.path.lower().endswith(".mp3")


def responsible_user(call: CallFacts) -> int:
    """Of whoever had the call, or rang first; 0 when nobody is assigned."""
    user = call.users.get(next(iter(call.extensions), ""), "")
    return int(user) if is_id(user) else 0


def is_id(text: str) -> bool:
    """Whether this can be one of amoCRM's ids."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def searched(phone: str) -> str:
    """What their full text is asked for: the last ten digits, which every spelling of the number has."""
    return digits(phone)[-COMPARED_DIGITS:]


def with_number(found: Iterable[Mapping[str, Any]], phone: str) -> Mapping[str, Any] | None:
    """The one who really has that number, best the whole of it: full text finds more than was asked for."""
    wanted = digits(phone)
    close: Mapping[str, Any] | None = None
    for row in found:
        numbers = [digits(each) for each in field_values(row, "PHONE")]
        if wanted in numbers:
            return row
        if close is None and any(same_number(each, wanted) for each in numbers):
            close = row
    return close


def same_number(one: str, other: str) -> bool:
    """By the last ten digits, as amoCRM compares; short numbers only when they are equal."""
    if min(len(one), len(other)) < COMPARED_DIGITS:
        return one == other and bool(one)
    return one[-COMPARED_DIGITS:] == other[-COMPARED_DIGITS:]


def field_values(row: Mapping[str, Any], code: str) -> list[str]:
    """The texts of a field that every account has, such as PHONE."""
    fields = row.get("custom_fields_values")
    return [
        str(each["value"])
        for one in (fields if isinstance(fields, list) else [])
        if isinstance(one, Mapping) and one.get("field_code") == code and isinstance(one.get("values"), list)
        for each in one["values"]
        if isinstance(each, Mapping) and each.get("value") not in (None, "")
    ]


def outside_user(row: Mapping[str, Any]) -> OutsideUser:
    """A user; amoCRM keeps no extension of them."""
    rights = row.get("rights")
    email = str(row.get("email") or "")
    return OutsideUser(
        id=str(row["id"]),
        name=str(row.get("name") or email or row["id"]),
        email=email,
        active=bool(rights.get("is_active", True)) if isinstance(rights, Mapping) else True,
    )
