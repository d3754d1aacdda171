"""One row of the exchange's call records, and what its two channels are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telephony.fold.numbers import is_extension
from telephony.fold.ours import Ours

_PARTS: Final = re.compile(r"[@/,:&]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the call records. `at` is when it reached us; the row's own times are the exchange's."""

    key: str
    at: datetime
    channel: str
    linked: str
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A column; empty where it is missing."""
        value = self.fields.get(name)
        return str(value).strip()[:250] if isinstance(value, (str, int)) else ""

    def seconds(self, name: str) -> int:
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def time(self, name: str) -> datetime | None:
        """A moment with zone; None for an empty or a broken one."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            return None
        return moment if moment.tzinfo else None

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.time("start") or self.at, self.seconds("sequence"), self.key

    @property
    def is_answered(self) -> bool:
        """Somebody with a telephone was connected to the channel, and spoke for a moment."""
        return (
            self.text("disposition") == "ANSWERED"
            and self.seconds("billsec") > 0
            and is_device(self.text("dstchannel"))
        )


@dataclass(frozen=True, slots=True)
class Sides:
    """What a row's two channels are: trunk or phone, with its extension. A line to or from a colleague's mobile is a phone."""

    row: Row
    from_trunk: bool
    to_trunk: bool
    caller: str
    callee: str
    has_mobile: bool = False


def sides_of(row: Row, ours: Ours) -> Sides:
    channel, other = row.text("channel"), row.text("dstchannel")
    source = row.text("src")
    from_trunk = is_device(channel) and ours.is_trunk(channel, source)
    to_trunk = is_device(other) and ours.is_trunk(other, "")
    calling = ours.colleague(source) if from_trunk else ""
    called = _called(row, ours) if to_trunk and ours.mobiles else ""
    from_trunk, to_trunk = from_trunk and not calling, to_trunk and not called
    caller = (
        "" if from_trunk else ours.extension(channel, source) if is_device(channel) else _extension(source)
    )
    callee = ours.extension(other, "") if is_device(other) and not to_trunk else ""
    return Sides(
        row, from_trunk, to_trunk, (calling or caller)[:10], (called or callee)[:10], bool(calling or called)
    )


def _called(row: Row, ours: Ours) -> str:
    """Whose mobile the line was dialled for: `PJSIP/+375291112233@provider,20`, else the number that was dialled."""
    dialled = [*_PARTS.split(row.text("lastdata")), row.text("dst")]
    return next((whose for number in dialled if (whose := ours.colleague(number))), "")


def _extension(text: str) -> str:
    return text if is_extension(text) else ""


def is_device(channel: str) -> bool:
    return bool(channel) and not channel.startswith("Local/")
