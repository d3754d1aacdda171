"""What a company's calls of some days come to: in all, by extension, by line, by hour of the week and day by day.

Everything comes from the tallies of days, so it costs the same however many calls there were. Of a day that is still
going on it is at most a minute old.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay

from telephony.models import CallDirection, CallTally, TallyOf
from telephony.models.tally import COUNTS, WAIT_FIELDS, WAITS
from tenants.models import Member, Role

RESPONSES: Final = (10, 20, 30, 60)
LONGEST: Final = 3 * WAITS[-1]  # what the open class of waits is taken to reach to
MOST_DAYS: Final = 400
USUAL: Final = timedelta(days=6)  # a week, both days included

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
    """`heat` is by weekday from Monday on and by hour; `missing` are days that were not counted yet."""

    incoming: Sums
    outgoing: Sums
    responses: Sequence[Response]
    extensions: Sequence[Part]
    lines: Sequence[Part]
    heat: Sequence[Sequence[Cell]]
    days: Sequence[Day]
    missing: Sequence[date]


def statistics(since: date, until: date, member: Member | None = None) -> Statistics:
    """Of the tenant in scope, both days included; agents get their own extension's. Five queries."""
    rows = CallTally.objects.filter(day__gte=since, day__lte=until)
    if member is not None and member.role == Role.AGENT:
        return _own(rows, since, until, member.extension.number if member.extension else "")
    extensions = _parts(_by(rows, TallyOf.EXTENSION))
    incoming, outgoing = _all(extensions)
    return Statistics(
        incoming,
        outgoing,
        _responses(incoming),
        [part for part in extensions if _had_clients(part)],
        [part for part in _parts(_by(rows, TallyOf.LINE)) if _had_clients(part)],
        _heat(rows),
        _days(rows.filter(of=TallyOf.HOUR), since, until),
        _missing(rows, since, until),
    )


def _own(rows: QuerySet[CallTally], since: date, until: date, number: str) -> Statistics:
    mine = rows.filter(of=TallyOf.EXTENSION, key=number) if number else rows.none()
    extensions = _parts(_by(mine, TallyOf.EXTENSION))
    incoming, outgoing = _all(extensions)
    days = _days(mine, since, until)
    return Statistics(
        incoming, outgoing, _responses(incoming), extensions, [], [], days, _missing(rows, since, until)
    )


def _by(rows: QuerySet[CallTally], of: TallyOf) -> list[Row]:
    sums = {name: Sum(name) for name in COUNTS}
    found: Any = rows.filter(of=of).order_by().values("key", "direction").annotate(**sums)
    return list(found)


def _parts(rows: Iterable[Row]) -> list[Part]:
    """The busiest first."""
    found: dict[str, Part] = {}
    for row in rows:
        part = found.setdefault(row["key"], Part(row["key"]))
        if row["direction"] == CallDirection.IN:
            part.incoming.add(row)
        elif row["direction"] == CallDirection.OUT:
            part.outgoing.add(row)
    return sorted(
        found.values(), key=lambda part: (-part.incoming.calls - part.outgoing.calls, not part.key, part.key)
    )


def _had_clients(part: Part) -> bool:
    return bool(part.incoming.calls or part.outgoing.calls)


def _all(parts: Sequence[Part]) -> tuple[Sums, Sums]:
    """A call belongs to one extension, or to none: their sums are those of all calls."""
    incoming, outgoing = Sums(), Sums()
    for part in parts:
        for total, own in ((incoming, part.incoming), (outgoing, part.outgoing)):
            total.add(
                {name: getattr(own, name) for name in COUNTS[:5]}
                | dict(zip(WAIT_FIELDS, own.waits, strict=True))
            )
    return incoming, outgoing


def _responses(incoming: Sums) -> list[Response]:
    counted = sum(incoming.waits)
    found = []
    for seconds in RESPONSES:
        count = sum(incoming.waits[: WAITS.index(seconds) + 1])
        found.append(Response(seconds, count, round(100 * count / counted) if counted else 0))
    return found


def _heat(rows: QuerySet[CallTally]) -> list[list[Cell]]:
    cells = [[Cell() for _hour in range(24)] for _weekday in range(7)]
    found = (
        rows.filter(of=TallyOf.HOUR, direction=CallDirection.IN)
        .order_by()
        .annotate(weekday=ExtractIsoWeekDay("day"))
        .values("weekday", "key")
        .annotate(calls=Sum("calls"), missed=Sum("missed"))
    )
    for row in found:
        cells[row["weekday"] - 1][int(row["key"])] = Cell(row["calls"], row["missed"])
    return cells


def _days(rows: QuerySet[CallTally], since: date, until: date) -> list[Day]:
    days = {
        since + timedelta(days=number): Day(since + timedelta(days=number))
        for number in range((until - since).days + 1)
    }
    sums = {name: Sum(name) for name in ("calls", "answered", "missed")}
    found: Any = rows.order_by().values("day", "direction").annotate(**sums)
    for row in found:
        day = days[row["day"]]
        if row["direction"] == CallDirection.IN:
            day.answered, day.missed = row["answered"], row["missed"]
        elif row["direction"] == CallDirection.OUT:
            day.outgoing = row["calls"]
    return list(days.values())


def _missing(rows: QuerySet[CallTally], since: date, until: date) -> tuple[date, ...]:
    counted = set(rows.filter(of=TallyOf.DAY).values_list("day", flat=True))
    span = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return tuple(day for day in span if day not in counted)


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
