"""One stored event -> the fact that its source's fold understands."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from telephony.fold import facts
from telephony.fold.channel_records import ChannelRecord
from telephony.fold.facts import Seen
from telephony.fold.manager import Heard
from telephony.fold.record_rows import Row

Fact = Seen | Heard | Row | ChannelRecord
LATEST_YEAR: Final = 2200
_OF_PACKETS: Final = ("ami", "hub")


def read(
    *, key: str, kind: str, at: datetime, payload: dict[str, Any], channel: str, linked: str, zone: ZoneInfo,
    source: str = "http", is_degraded: bool = False,
) -> Fact:  # fmt: skip
    """The fact of one stored event. `zone` is the exchange's: its wall-clock times may carry none."""
    channel, linked = channel or linked, linked or channel
    if source in _OF_PACKETS:
        return Heard(key, kind, at, channel, linked, payload)
    if kind == "cdr":
        return Row(key, at, channel, linked, payload)
    if kind == "cel":
        return ChannelRecord(
            key,
            at,
            channel,
            linked,
            str(payload.get("eventtype", "")).upper(),
            _moment(payload.get("eventtime"), zone),
        )
    return facts.read(
        key=key,
        kind=kind,
        at=at,
        payload=payload,
        channel=channel,
        linked=linked,
        zone=zone,
        is_degraded=is_degraded,
    )


def _moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A time as ISO 8601 or as seconds since 1970; None at the ends of the calendar, where no company's clock could show it."""
    found = _written(str(value or ""))
    if found is None or not 1970 <= found.year < LATEST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _written(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
