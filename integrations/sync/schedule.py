"""When a synchronisation is due next: by minutes, or by cron in the company's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab
from django.utils.translation import gettext as _

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
DAYS_AHEAD = 366 * 5  # 29 February


class BadCron(ValueError):
    """The text is no schedule; what it says is for people."""


def parsed(text: str) -> crontab:
    """`0 4 * * 1-5`: minute, hour, day of the month, month, day of the week."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise BadCron(_("Five parts are expected, such as 0 * * * * for every full hour."))
    try:
        found = crontab(**dict(zip(FIELDS, parts, strict=True)))
    except (ParseException, ValueError) as error:
        raise BadCron(_("This is no schedule: %(error)s") % {"error": str(error)[:200]}) from error
    if next_by_cron(found, datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")), ZoneInfo("UTC")) is None:
        raise BadCron(_("No day is like that."))
    return found


def next_by_cron(schedule: crontab, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after that one. An hour that the clocks skip in spring happens when it would have been."""
    local = after.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=1)
    hours, minutes = sorted(schedule.hour), sorted(schedule.minute)
    for days in range(DAYS_AHEAD):
        day = (local + timedelta(days=days)).date()
        if not _fits(schedule, day.day, day.month, day.isoweekday() % 7):
            continue
        for hour in hours:
            for minute in minutes:
                moment = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 the zone follows
                if moment >= local:
                    return moment.replace(tzinfo=zone)
    return None


def _fits(schedule: crontab, day: int, month: int, weekday: int) -> bool:
    """As Celery's crontab: day of the month and day of the week both have to fit."""
    return (
        day in schedule.day_of_month and month in schedule.month_of_year and weekday in schedule.day_of_week
    )


def next_due(interval_minutes: int | None, cron: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Whichever comes first; None where there is neither."""
    found = [] if interval_minutes is None else [after + timedelta(minutes=interval_minutes)]
    if cron:
        by_cron = next_by_cron(parsed(cron), after, zone)
        found += [by_cron] if by_cron else []
    return min(found, default=None)
