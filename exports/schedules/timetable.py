"""When an export is due: by the company's own clock, whatever that does in spring and autumn."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tenants.cron import DAYS_AHEAD, parsed

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """On the days that fit, at these times."""

    times: tuple[time, ...]
    fits: Callable[[date], bool]

    def moments(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """In order. A time that the clocks skip is when it would have been, one that comes twice is the first of both."""
        if not self.fits(day):
            return []
        return sorted({datetime.combine(day, at, zone).astimezone(UTC) for at in self.times})


def daily(at: time) -> Timetable:
    return Timetable((at,), lambda day: True)


def weekly(at: time, weekday: int) -> Timetable:
    """1 is Monday."""
    return Timetable((at,), lambda day: day.isoweekday() == weekday)


def monthly(at: time, month_day: int) -> Timetable:
    """A month without that day has it at its end."""
    return Timetable((at,), lambda day: day.day == min(month_day, monthrange(day.year, day.month)[1]))


def by_cron(text: str) -> Timetable:
    """BadCron where the text is none."""
    cron = parsed(text)
    return Timetable(tuple(time(hour, minute) for hour in cron.hours for minute in cron.minutes), cron.fits)


def due_after(table: Timetable, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The first one later than that moment."""
    return next((due for due in _from(table, moment, zone, DAY) if due > moment), None)


def last_due(table: Timetable, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The latest one that is not later than that moment: after a time off only this one is made up for."""
    return next((due for due in _from(table, moment, zone, -DAY) if due <= moment), None)


def missed_between(
    table: Timetable, first: datetime, last: datetime, zone: ZoneInfo, most: int = 1000
) -> int:
    """How many were due from the first one on, before the last one; at most `most`."""
    count = 0
    for due in _from(table, first, zone, DAY):
        if due >= last or count >= most:
            break
        count += due >= first
    return count


def _from(table: Timetable, moment: datetime, zone: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    day = moment.astimezone(zone).date()
    for _index in range(DAYS_AHEAD):
        found = table.moments(day, zone)
        yield from found if step > timedelta() else reversed(found)
        day += step
