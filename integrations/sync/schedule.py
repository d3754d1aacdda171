"""When a synchronisation is due next: by minutes, or by cron in the company's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenants.cron import next_by_cron, parsed


def next_due(interval_minutes: int | None, cron: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Whichever comes first; None where there is neither."""
    found = [] if interval_minutes is None else [after + timedelta(minutes=interval_minutes)]
    if cron:
        by_cron = next_by_cron(parsed(cron), after, zone)
        found += [by_cron] if by_cron else []
    return min(found, default=None)
