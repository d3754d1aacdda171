"""When a report is due, and which days it tells of: by the company's own clock, whatever that does in spring and autumn."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tenants.figures import Period

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`weekday` (1 is Monday) for weekly reports, None for daily ones."""

    at: time
    weekday: int | None = None

    @property
    def days(self) -> int:
        """How many days a report tells of."""
        return 1 if self.weekday is None else 7

    def fits(self, day: date) -> bool:
        return self.weekday is None or day.isoweekday() == self.weekday

    def moment(self, day: date, zone: ZoneInfo) -> datetime:
        """On that day. A time that the clocks skip is when it would have been, one that comes twice is the first of both."""
        return datetime.combine(day, self.at, zone).astimezone(UTC)


def due_after(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first one later than that moment."""
    day = moment.astimezone(zone).date()
    while not schedule.fits(day) or schedule.moment(day, zone) <= moment:
        day += DAY
    return schedule.moment(day, zone)


def last_due(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> datetime:
    """The latest one that is not later than that moment: after a time off only this one is made up for."""
    day = moment.astimezone(zone).date()
    while not schedule.fits(day) or schedule.moment(day, zone) > moment:
        day -= DAY
    return schedule.moment(day, zone)


def period_before(schedule: Schedule, due: datetime, zone: ZoneInfo) -> Period:
    """The whole days before the one on which it is due: 23 or 25 hours long where the clocks change."""
    # A time that the clocks skipped around midnight still belongs to the day that it was planned for.
    day = due.astimezone(zone).date()
    return _days(day - schedule.days * DAY, day, zone)


def former(schedule: Schedule, period: Period, zone: ZoneInfo) -> Period:
    """As many days just before those."""
    day = period.since.astimezone(zone).date()
    return _days(day - schedule.days * DAY, day, zone)


def _days(first: date, end: date, zone: ZoneInfo) -> Period:
    return Period(_midnight(first, zone), _midnight(end, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
