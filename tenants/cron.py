"""Schedules by cron in a company's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab
from django.utils.translation import gettext as _

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
DAYS_AHEAD = 366 * 5  # 29 February


class BadCron(ValueError):
    """The text is no schedule; what it says is for people."""


@dataclass(frozen=True, slots=True)
class Cron:
    """The values that fit, of each part. As in Celery, day of the month and day of the week both have to."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def fits(self, day: date) -> bool:
        return day.day in self.days and day.month in self.months and day.isoweekday() % 7 in self.weekdays


def parsed(text: str) -> Cron:
    """`0 4 * * 1-5`: minute, hour, day of the month, month, day of the week."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise BadCron(_("Five parts are expected, such as 0 * * * * for every full hour."))
    try:
        found: Any = crontab(**dict(zip(FIELDS, parts, strict=True)))
    except (ParseException, ValueError) as error:
        raise BadCron(_("This is no schedule: %(error)s") % {"error": str(error)[:200]}) from error
    cron = Cron(
        tuple(sorted(found.minute)),
        tuple(sorted(found.hour)),
        frozenset(found.day_of_month),
        frozenset(found.month_of_year),
        frozenset(found.day_of_week),
    )
    if next_by_cron(cron, datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
        raise BadCron(_("No day is like that."))
    return cron


def next_by_cron(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after that one. An hour that the clocks skip in spring happens when it would have been."""
    local = after.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=1)
    for days in range(DAYS_AHEAD):
        day = (local + timedelta(days=days)).date()
        if not cron.fits(day):
            continue
        for hour in cron.hours:
            for minute in cron.minutes:
                moment = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 the zone follows
                if moment >= local:
                    return moment.replace(tzinfo=zone).astimezone(UTC)
    return None
