"""One event of the dialplan -> the typed facts that the fold uses; anything unusable becomes empty, never an error."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from telephony.fold.numbers import is_extension
from telephony.fold.state import Direction

MAX_NAME: Final = 80
MAX_EXTENSIONS: Final = 50  # of one dial: a list longer than that is no ring group
ORDER: Final = {"start": 0, "dial": 1, "bridge": 2, "hangup": 3, "download": 4}

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_ESCAPED = re.compile(r"""\\+(["'\\?])""")
_EXTENSION = re.compile(r"[0-9*#+]{1,20}")
_DIRECTIONS: Final = {
    "0": Direction.IN,
    "in": Direction.IN,
    "inbound": Direction.IN,
    "incoming": Direction.IN,
    "1": Direction.OUT,
    "out": Direction.OUT,
    "outbound": Direction.OUT,
    "outgoing": Direction.OUT,
    "2": Direction.INTERNAL,
    "internal": Direction.INTERNAL,
    "local": Direction.INTERNAL,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One event. `at` is when we received it; `key` tells repeats of the same event apart from new ones."""

    key: str
    kind: str
    at: datetime
    channel: str
    linked: str
    number: str
    name: str
    extensions: tuple[str, ...]
    connected: str
    direction: Direction
    call_status: str
    dial_status: str
    cause: int | None
    did: str
    trunk: str
    queue: str
    device: str
    recording: str
    recording_size: int | None
    wall_start: datetime | None
    is_degraded: bool

    @property
    def order(self) -> tuple[datetime, int, str]:
        """A total order: by receipt, then as a call goes, then by key."""
        return self.at, ORDER.get(self.kind, 9), self.key


def read(
    *, key: str, kind: str, at: datetime, payload: dict[str, Any], channel: str, linked: str, zone: ZoneInfo,
    is_degraded: bool = False,
) -> Seen:  # fmt: skip
    """The facts of one stored event. `zone` is the exchange's: its wall-clock times carry none."""
    return Seen(
        key=key,
        kind=kind,
        at=at,
        channel=channel or linked,
        linked=linked or channel,
        number=_text(payload, "CallerIDNum", 64),
        name=clean_name(_text(payload, "CallerIDName", 400)),
        extensions=extensions(payload.get("Extensions")),
        connected=_text(payload, "ConnectedLineNum", 64),
        direction=_DIRECTIONS.get(
            _text(payload, "CallType", 16).lower().removesuffix(".0"), Direction.UNKNOWN
        ),
        call_status=_text(payload, "CallStatus", 32).upper(),
        dial_status=_text(payload, "DialStatus", 32).upper().replace(" ", ""),
        cause=_number(payload.get("HangupCause"), 999),
        did=_text(payload, "Did", 64),
        trunk=_text(payload, "Trunk", 100),
        queue=_text(payload, "Queue", 80),
        device=_text(payload, "Channel", 200),
        recording=_text(payload, "Recording", 500)
        or (_text(payload, "File", 500) if kind == "download" else ""),
        recording_size=_number(payload.get("Size"), 2**40) if kind == "download" else None,
        wall_start=_wall(payload.get("StartTime"), zone),
        is_degraded=is_degraded,
    )


def clean_name(name: str) -> str:
    """A caller's name is a stranger's text: no control or direction-changing characters, at most 80 characters."""
    return _CONTROL.sub(" ", name).strip()[:MAX_NAME]


def caller_name(text: str) -> str:
    """A name out of a packet or a record, where it still has the escapes that it had on the line."""
    return clean_name(_ESCAPED.sub(r"\1", text))


def extensions(value: Any) -> tuple[str, ...]:
    """Internal numbers out of a list, a text such as `"150","151"` or a single number; repeats dropped, order kept."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        found = _EXTENSION.findall(str(value))
    elif isinstance(value, list):
        found = [match for item in value[:MAX_EXTENSIONS] if (match := _one_extension(item))]
    else:
        found = []
    return tuple(dict.fromkeys(found))[:MAX_EXTENSIONS]


def _one_extension(item: Any) -> str:
    text = str(item).strip() if isinstance(item, (str, int)) and not isinstance(item, bool) else ""
    text = text.rsplit("/", 1)[-1]  # PJSIP/150
    return text if _EXTENSION.fullmatch(text) else ""


def device_extension(device: str) -> str:
    """`PJSIP/151-0000001c` and `Local/151@inoffice-00000000;1` -> 151; empty for a trunk."""
    match = re.match(r"[A-Za-z0-9]+/([0-9*#]+)[-@]", device)
    return match[1] if match and is_extension(match[1]) else ""


def _text(payload: dict[str, Any], name: str, limit: int) -> str:
    value = payload.get(name)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)[: limit * 2].strip()[:limit]
    return ""


def _number(value: Any, limit: int) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= limit else None


def _wall(value: Any, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.strptime(value.strip().replace("T", " "), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 zone follows
    except ValueError:
        return None
    return moment.replace(tzinfo=zone)
