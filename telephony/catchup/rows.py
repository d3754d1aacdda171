"""One row of call records, whatever it came from -> a stored event of the source `cdr`.

The fields are Asterisk's own names in lower case, texts, empty where the exchange does not write them; times in ISO 8601
with their zone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from telephony.fold.reading import LATEST_YEAR
from telephony.ingest.parse import MAX_ID, ParsedEvent
from telephony.models import EventKind, EventSource

CDR_FIELDS: Final = (
    "uniqueid", "linkedid", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "did", "recordingfile", "sequence", "peeraccount",
)  # fmt: skip
CEL_FIELDS: Final = (
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_dnid", "exten", "context", "channame", "appname",
    "appdata", "uniqueid", "linkedid", "peer", "extra",
)  # fmt: skip
# What else the exchanges, and the tables of FreePBX, call them.
ALIASES: Final = {
    "calldate": "start",
    "starttime": "start",
    "answertime": "answer",
    "endtime": "end",
    "eventname": "eventtype",
    "channelname": "channame",
}
# The others only repeat what these say.
CEL_TYPES: Final = frozenset((
    "CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "LINKEDID_END", "BLINDTRANSFER",
    "ATTENDEDTRANSFER", "PICKUP",
))  # fmt: skip
# Where a recording lies opens something: it is kept encrypted, as that of every other event.
SEALED: Final = ("recordingfile",)
MAX_TEXT: Final = 500
_IDENTITY: Final = ("uniqueid", "src", "dst", "channel", "dstchannel", "lastapp", "start", "duration", "billsec", "disposition")  # fmt: skip
_SECONDS: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Record:
    """A row as an event, and what the catch-up itself looks at."""

    event: ParsedEvent
    ended_at: datetime | None
    started_at: datetime | None
    fields: Mapping[str, str]

    @property
    def call(self) -> str:
        """What rows of one call have in common."""
        return self.event.linked_id or self.event.unique_id


def canonical(column: str) -> str:
    """The field that a column holds, whatever its case and old name."""
    name = column.strip().strip('"`').lower()
    return ALIASES.get(name, name)


def of_call(row: Mapping[str, Any], zone: ZoneInfo) -> Record | None:
    """A row of the call records (CDR). None for one that does not say which channel it is about."""
    fields = {name: _text(row.get(name)) for name in CDR_FIELDS}
    if not fields["uniqueid"] or len(fields["uniqueid"]) > MAX_ID:
        return None
    times = _times(row, fields, zone)
    fields.update({name: moment.isoformat() if moment else "" for name, moment in times.items()})
    identity = _digest("cdr", {name: fields[name] for name in _IDENTITY} | {"start": _whole(times["start"])})
    return _record(EventKind.CDR, fields, identity, times["start"], times["end"])


def of_channel(row: Mapping[str, Any], zone: ZoneInfo) -> Record | None:
    """A row of the channel records (CEL); None for a kind of event that adds nothing."""
    fields = {name: _text(row.get(name)) for name in CEL_FIELDS}
    at = moment(row.get("eventtime"), zone)
    if not fields["uniqueid"] or fields["eventtype"] not in CEL_TYPES or at is None:
        return None
    fields["eventtime"] = at.isoformat()
    return _record(EventKind.CEL, fields, _digest("cel", fields), at, at)


def _record(
    kind: str, fields: dict[str, str], digest: bytes, started_at: datetime | None, ended_at: datetime | None
) -> Record:
    sealed = {name: fields[name] for name in SEALED if fields.get(name)}
    payload = {name: "" if name in sealed else value for name, value in fields.items()}
    event = ParsedEvent(
        kind=kind,
        token="",
        unique_id=fields["uniqueid"][:MAX_ID],
        linked_id=fields["linkedid"][:MAX_ID],
        payload=payload,
        raw="",
        degraded=(),
        digest=digest,
        sealed=sealed,
        source=EventSource.CDR,
    )
    return Record(event, ended_at, started_at, fields)


def _times(row: Mapping[str, Any], fields: Mapping[str, str], zone: ZoneInfo) -> dict[str, datetime | None]:
    """Begin, answer and end. FreePBX keeps only the first; the other two follow from the durations."""
    start, answer, end = (moment(row.get(name), zone) for name in ("start", "answer", "end"))
    duration, billsec = _number(fields["duration"]), _number(fields["billsec"])
    if start is not None and end is None and duration is not None:
        end = start + duration * _SECONDS
    if end is not None and answer is None and billsec:
        answer = end - billsec * _SECONDS
    return {"start": start, "answer": answer, "end": end}


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A time as a driver, a file or Asterisk writes it, in UTC; without a zone of its own it is in the given one."""
    if isinstance(value, datetime):
        found: datetime | None = value
    else:
        text = _text(value)
        found = _epoch(text) if text.replace(".", "", 1).isdigit() else _written(text)
    if found is None:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _epoch(text: str) -> datetime | None:
    try:
        found = datetime.fromtimestamp(float(text), UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if 2000 < found.year < LATEST_YEAR else None


def _written(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    # MySQL's zero date, Asterisk's "not answered", somebody's "never".
    return found if 1970 < found.year < LATEST_YEAR else None


def _whole(moment: datetime | None) -> str:
    """To the second: one store keeps fractions, the other does not, and it is the same row."""
    return moment.replace(microsecond=0).isoformat() if moment else ""


def _digest(kind: str, fields: Mapping[str, str]) -> bytes:
    return hashlib.sha256(json.dumps([kind, fields], sort_keys=True, ensure_ascii=False).encode()).digest()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode("utf-8", "replace")
    text = str(value).replace("\x00", "").strip()
    return text.encode("utf-8", "replace").decode()[:MAX_TEXT]


def _number(text: str) -> int | None:
    try:
        found = round(float(text))
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < 10_000_000 else None
