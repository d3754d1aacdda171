"""Schedules by cron in a company's time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import starmap
from typing import Final
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
# What each part may hold, told to whoever wrote one that it cannot.
EXPECTED: Final[Mapping[str, Promise]] = {
    "minute": _lazy("“%(part)s” is no minute: write a number from 0 to 59, *, */15, 0,30 or 10-20."),
    "hour": _lazy("“%(part)s” is no hour: write a number from 0 to 23, *, */2, 9,18 or 9-18."),
    "day_of_month": _lazy("“%(part)s” is no day of the month: write a number from 1 to 31, *, 1,15 or 1-7."),
    "month_of_year": _lazy("“%(part)s” is no month: write a number from 1 to 12, *, 1,7 or 6-8."),
    "day_of_week": _lazy("“%(part)s” is no day of the week: write a number from 0 (Sunday) to 6, *, 1-5 or mon-fri."),
}  # fmt: skip
DAYS_AHEAD = 366 * 5  # 29 February
LONGEST_PART = 50


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
    minutes, hours, days, months, weekdays = starmap(_fitting, zip(FIELDS, parts, strict=True))
    cron = Cron(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays)
    if next_by_cron(cron, datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
        raise BadCron(_("No day is like that."))
    return cron


def _fitting(field: str, part: str) -> frozenset[int]:
    """The values that this part allows."""
    try:
        return frozenset(getattr(crontab(**{field: part}), field))
    except (ParseException, ValueError) as error:
        raise BadCron(EXPECTED[field] % {"part": part[:LONGEST_PART]}) from error


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
