"""Where the figures of some days are read: in the sums of whole months, and in the tallies of the days between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay

from telephony.models import CallDirection, CallMonth, CallTally, TallyOf
from telephony.models.tally import COUNTS, MONTH_COLUMNS
from telephony.months import months
from telephony.selectors.statistics.figures import Row


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the company in scope, both included. `whole` are its months that are summed up, with their figures."""

    since: date
    until: date
    whole: dict[date, dict[str, Any]]

    @classmethod
    def of(cls, since: date, until: date) -> "Span":
        wanted = list(months(since, until))
        rows = CallMonth.objects.filter(month__in=wanted) if wanted else CallMonth.objects.none()
        return cls(since, until, dict(rows.values_list("month", "figures")))

    def days(self) -> Iterator[date]:
        return (self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1))

    def missing(self) -> tuple[date, ...]:
        """Days that nobody has counted yet."""
        marks = self._between().filter(of=TallyOf.DAY).values_list("day", flat=True)
        counted = set(marks)
        return tuple(
            day for day in self.days() if day not in counted and day.replace(day=1) not in self.whole
        )

    def unsummed(self, missing: Iterable[date]) -> tuple[date, ...]:
        """Months that could be summed up and are not."""
        incomplete = {day.replace(day=1) for day in missing}
        return tuple(
            month
            for month in months(self.since, self.until)
            if month not in self.whole | dict.fromkeys(incomplete)
        )

    def by(self, of: TallyOf) -> Iterator[Row]:
        """Sums by extension or by line, and by direction; each may come several times."""
        yield from rows_by(self._between().filter(of=of))
        for figures in self.whole.values():
            for values in figures[of]:
                yield dict(zip(MONTH_COLUMNS, values, strict=True))

    def by_hour(self) -> Iterator[tuple[int, int, int, int]]:
        """Weekday from 1 on, hour, incoming calls, missed ones; each hour may come several times."""
        rows = self._between().filter(of=TallyOf.HOUR, direction=CallDirection.IN)
        found = rows.annotate(weekday=ExtractIsoWeekDay("day")).values_list("weekday", "key")
        for weekday, hour, calls, missed in found.annotate(Sum("calls"), Sum("missed")):
            yield weekday, int(hour), calls, missed
        for figures in self.whole.values():
            yield from (tuple(values) for values in figures["week"])

    def by_day(self) -> Iterator[Row]:
        yield from rows_by_day(self._between().filter(of=TallyOf.HOUR))
        names = ("day", "direction", "calls", "answered", "missed")
        for figures in self.whole.values():
            for day, *values in figures["days"]:
                yield dict(zip(names, (date.fromisoformat(day), *values), strict=True))

    def _between(self) -> QuerySet[CallTally]:
        """The tallies of days that are in no summed month."""
        # Named one by one, for ranges that are joined by OR look to PostgreSQL as if they were most of the table.
        days = [day for day in self.days() if day.replace(day=1) not in self.whole]
        return CallTally.objects.filter(day__in=days).order_by()


def rows_by(rows: QuerySet[CallTally]) -> Iterator[Row]:
    sums = {name: Sum(name) for name in COUNTS}
    found: Any = rows.values("key", "direction").annotate(**sums)
    yield from found


def rows_by_day(rows: QuerySet[CallTally]) -> Iterator[Row]:
    sums = {name: Sum(name) for name in ("calls", "answered", "missed")}
    found: Any = rows.values("day", "direction").annotate(**sums)
    yield from found
