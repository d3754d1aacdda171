"""The shapes of statistics: sums of calls, and what they are the sums of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from telephony.models.tally import WAIT_FIELDS, WAITS

LONGEST: Final = 3 * WAITS[-1]  # what the open class of waits is taken to reach to

Row = dict[str, Any]


@dataclass(slots=True)
class Sums:
    """Calls of one direction. `share` is that of answered ones in percent, of those that were answered or missed."""

    calls: int = 0
    answered: int = 0
    missed: int = 0
    wait_total: int = 0
    talk_total: int = 0
    waits: list[int] = field(default_factory=lambda: [0] * len(WAIT_FIELDS))

    def add(self, row: Row) -> None:
        self.calls += row["calls"]
        self.answered += row["answered"]
        self.missed += row["missed"]
        self.wait_total += row["wait_total"]
        self.talk_total += row["talk_total"]
        self.waits = [mine + row[name] for mine, name in zip(self.waits, WAIT_FIELDS, strict=True)]

    @property
    def share(self) -> int | None:
        ended = self.answered + self.missed
        return round(100 * self.answered / ended) if ended else None

    @property
    def wait(self) -> float | None:
        """Seconds until an answer, on average; of incoming calls."""
        counted = sum(self.waits)
        return self.wait_total / counted if counted else None

    @property
    def wait_95(self) -> float | None:
        return percentile(self.waits, 0.95)

    @property
    def talk(self) -> float | None:
        return self.talk_total / self.answered if self.answered else None


@dataclass(slots=True)
class Part:
    """One extension's or one line's calls."""

    key: str
    incoming: Sums = field(default_factory=Sums)
    outgoing: Sums = field(default_factory=Sums)


@dataclass(frozen=True, slots=True)
class Response:
    """How many incoming calls were answered within so many seconds, and the share of all answered."""

    seconds: int
    count: int
    share: int


@dataclass(slots=True)
class Cell:
    """One hour of the week."""

    calls: int = 0
    missed: int = 0


@dataclass(slots=True)
class Day:
    day: date
    answered: int = 0
    missed: int = 0
    outgoing: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """`heat` is by weekday from Monday on and by hour; `missing` are days that were not counted yet.

    `unsummed` are whole months whose days are all counted and had to be read one by one.
    """

    incoming: Sums
    outgoing: Sums
    responses: Sequence[Response]
    extensions: Sequence[Part]
    lines: Sequence[Part]
    heat: Sequence[Sequence[Cell]]
    days: Sequence[Day]
    missing: Sequence[date]
    unsummed: Sequence[date] = ()


def percentile(waits: Sequence[int], part: float) -> float | None:
    """The wait that so large a part of the calls did not exceed, interpolated within its class; None without calls."""
    wanted, before = part * sum(waits), 0
    for number, count in enumerate(waits):
        if count and before + count >= wanted:
            low = WAITS[number - 1] if number else 0
            high = WAITS[number] if number < len(WAITS) else LONGEST
            return low + (high - low) * (wanted - before) / count
        before += count
    return None
