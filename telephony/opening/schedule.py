"""Weekly hours with exceptions, on the wall clock of one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
LONGEST_WAIT: Final = 14
"""Days that are looked at for the next opening: longer than any row of holidays."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From a minute of the day to another; an end that is not later lies on the next day."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.begin if self.end > self.begin else self.end + DAY_MINUTES - self.begin


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One day that is not as its weekday: closed, or open at other hours. Without a year it comes every year."""

    month: int
    day: int
    year: int | None = None
    hours: tuple[Hours, ...] = ()

    def is_on(self, day: date) -> bool:
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When somebody is there. `weekly` goes by the names of DAYS; a day that it does not name is closed."""

    weekly: Mapping[str, tuple[Hours, ...]]
    exceptions: tuple[Exceptional, ...] = ()
    zone: tzinfo = field(default=UTC)

    def is_open(self, at: datetime) -> bool:
        """Whether that moment lies within the hours of its day, or of the night that began the day before."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today, before = local.date(), local.date() - timedelta(days=1)
        return any(one.begin <= minute < one.begin + one.length for one in self.of_day(today)) or any(
            minute + DAY_MINUTES < one.begin + one.length for one in self.of_day(before)
        )

    def of_day(self, day: date) -> tuple[Hours, ...]:
        """The hours that begin on that day. An exception for that very year counts before one of every year."""
        found = sorted((one for one in self.exceptions if one.is_on(day)), key=lambda one: one.year is None)
        return found[0].hours if found else self.weekly.get(DAYS[day.weekday()], ())

    def next_opening(self, at: datetime) -> datetime | None:
        """That moment itself while it is open, else when it opens next; None when it stays closed for two weeks."""
        if self.is_open(at):
            return at
        first = at.astimezone(self.zone).date()
        for number in range(LONGEST_WAIT + 1):
            day = first + timedelta(days=number)
            begins = (self._moment(day, one.begin) for one in self.of_day(day))
            if later := [one for one in begins if one > at]:
                return min(later)
        return None

    def _moment(self, day: date, minute: int) -> datetime:
        midnight = datetime.combine(day, time(), self.zone)
        # Wall clock first: a day with a change of the clock is not 24 hours long.
        return midnight.replace(hour=minute // 60, minute=minute % 60).astimezone(UTC)
