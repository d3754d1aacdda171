"""Pure functions between Bitrix24's telephony and users, and our dataclasses."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.capabilities import (
    Caller,
    CallFacts,
    CallOutcome,
    Direction,
    FinishedCall,
    OutsideUser,
)

Fields = dict[str, Any]

TYPES = {Direction.OUT: 1, Direction.IN: 2}
STATUS_CODES = {
    CallOutcome.ANSWERED: "200",
    CallOutcome.MISSED: "304",
    CallOutcome.NO_AGENT: "304",
    CallOutcome.ABANDONED: "304",
    CallOutcome.BUSY: "486",
    CallOutcome.REJECTED: "603",
    CallOutcome.UNAVAILABLE: "480",
    CallOutcome.CANCELLED: "603-S",
    CallOutcome.FAILED: "OTHER",
    CallOutcome.CONGESTION: "503",
    CallOutcome.UNKNOWN: "OTHER",
}
# TIMEMAN_STATUS; UNAVAILABLE and NOT_INSTALLED say that nobody keeps the working time.
AT_WORK = {"OPENED": True, "CLOSED": False, "PAUSED": False, "EXPIRED": False}
RECORDINGS = ("mp3", "wav")
ENTITY_PATHS = {"CONTACT": "contact", "COMPANY": "company", "LEAD": "lead"}


def registration(call: CallFacts, user_id: str, *, is_shown: bool, creates_leads: bool, line: str) -> Fields:
    """The same on every repetition, for phone, type, user, line and our id are how Bitrix24 recognises one."""
    fields: Fields = {
        "USER_ID": int(user_id),
        "PHONE_NUMBER": call.phone,
        "TYPE": TYPES[call.direction],
        "CALL_START_DATE": call.started_at.isoformat(timespec="seconds"),
        "CRM_CREATE": int(creates_leads),
        "CRM_SOURCE": "CALL",
        "SHOW": int(is_shown),
        "EXTERNAL_CALL_ID": call.external_id,
    }
    return fields | {"LINE_NUMBER": line} if line else fields


def finish(call: FinishedCall, call_id: str, user_id: str) -> Fields:
    """The figures of the whole call."""
    return {
        "CALL_ID": call_id,
        "USER_ID": int(user_id),
        "DURATION": call.talk_seconds if call.outcome is CallOutcome.ANSWERED else 0,
        "STATUS_CODE": STATUS_CODES[call.outcome],
    }


def record(call: FinishedCall, call_id: str) -> Fields | None:
    """The recording, or None when there is none, or none of a kind that Bitrix24 takes."""
    if not call.recording_url:
        return None
    _name, dot, ending = urlsplit(call.recording_url).path.rpartition("/")[2].rpartition(".")
    ending = ending.lower() if dot else RECORDINGS[0]
    if ending not in RECORDINGS:
        return None
    return {"CALL_ID": call_id, "RECORD_URL": call.recording_url, "FILENAME": f"{call.call_id}.{ending}"}


def outside_user(row: Mapping[str, Any]) -> OutsideUser:
    """An employee. Rights less than `user` show no names, numbers or addresses."""
    names = [_text(row.get(name)) for name in ("NAME", "LAST_NAME")]
    email = _text(row.get("EMAIL"))
    return OutsideUser(
        id=_text(row.get("ID")),
        name=" ".join(name for name in names if name) or email or _text(row.get("ID")),
        email=email,
        extension=_text(row.get("UF_PHONE_INNER")),
        active=row.get("ACTIVE") not in (False, "N", "false"),
    )


def caller(row: Mapping[str, Any], portal: str) -> Caller:
    """Somebody whom the search by telephone number found."""
    kind, item_id = _text(row.get("CRM_ENTITY_TYPE")), _text(row.get("CRM_ENTITY_ID"))
    owner = row.get("ASSIGNED_BY")
    owner = owner if isinstance(owner, Mapping) else {}
    return Caller(
        name=_text(row.get("NAME")),
        url=page(portal, ENTITY_PATHS.get(kind, ""), item_id),
        contact_id=item_id if kind == "CONTACT" else "",
        responsible_id=_text(row.get("ASSIGNED_BY_ID")),
        extension=_text(owner.get("USER_PHONE_INNER")),
        is_available=AT_WORK.get(_text(owner.get("TIMEMAN_STATUS"))),
    )


def page(portal: str, path: str, item_id: str) -> str:
    """Where people open it there."""
    return f"{portal}/crm/{path}/details/{item_id}/" if path and item_id else ""


def _text(value: Any) -> str:
    """Empty fields come as null, as false, or as an empty object or list."""
    return str(value).strip() if isinstance(value, str | int | float) and value is not False else ""
