"""What a company's calls of some days come to: in all, by extension, by line, by hour of the week and day by day.

Everything comes from the tallies of days and the sums of months, so it costs the same however many calls there were, and a year
little more than a month. Of a day that is still going on it is at most a minute old.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from telephony.models import CallDirection, CallTally, TallyOf
from telephony.models.tally import COUNTS, WAIT_FIELDS, WAITS
from telephony.selectors.statistics.figures import (
    Cell,
    Day,
    Part,
    Response,
    Row,
    Statistics,
    Sums,
    percentile,
)
from telephony.selectors.statistics.spans import Span, rows_by, rows_by_day
from tenants.models import Member, Role

__all__ = [
    "MOST_DAYS",
    "RESPONSES",
    "USUAL",
    "Cell",
    "Day",
    "Part",
    "Statistics",
    "Sums",
    "percentile",
    "statistics",
]

RESPONSES: Final = (10, 20, 30, 60)
MOST_DAYS: Final = 400
USUAL: Final = timedelta(days=6)  # a week, both days included


def statistics(since: date, until: date, member: Member | None = None) -> Statistics:
    """Of the tenant in scope, both days included; agents get their own extension's. Six queries."""
    span = Span.of(since, until)
    missing = span.missing()
    unsummed = span.unsummed(missing)
    if member is not None and member.role == Role.AGENT:
        return _own(span, member.extension.number if member.extension else "", missing, unsummed)
    extensions = _parts(span.by(TallyOf.EXTENSION))
    incoming, outgoing = _all(extensions)
    return Statistics(
        incoming,
        outgoing,
        _responses(incoming),
        [part for part in extensions if _had_clients(part)],
        [part for part in _parts(span.by(TallyOf.LINE)) if _had_clients(part)],
        _heat(span),
        _days(span, span.by_day()),
        missing,
        unsummed,
    )


def _own(span: Span, number: str, missing: Sequence[date], unsummed: Sequence[date]) -> Statistics:
    """One extension's days are few enough to be read one by one."""
    mine = CallTally.objects.filter(
        of=TallyOf.EXTENSION, key=number, day__gte=span.since, day__lte=span.until
    ).order_by()
    if not number:
        mine = mine.none()
    extensions = _parts(rows_by(mine))
    incoming, outgoing = _all(extensions)
    days = _days(span, rows_by_day(mine))
    return Statistics(incoming, outgoing, _responses(incoming), extensions, [], [], days, missing, unsummed)


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


def _heat(span: Span) -> list[list[Cell]]:
    cells = [[Cell() for _hour in range(24)] for _weekday in range(7)]
    for weekday, hour, calls, missed in span.by_hour():
        cell = cells[weekday - 1][hour]
        cell.calls += calls
        cell.missed += missed
    return cells


def _days(span: Span, rows: Iterable[Row]) -> list[Day]:
    days = {day: Day(day) for day in span.days()}
    for row in rows:
        day = days[row["day"]]
        if row["direction"] == CallDirection.IN:
            day.answered, day.missed = row["answered"], row["missed"]
        elif row["direction"] == CallDirection.OUT:
            day.outgoing = row["calls"]
    return list(days.values())
