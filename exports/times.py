"""Times by a company's clock, also where the calendar ends."""

from datetime import datetime
from zoneinfo import ZoneInfo


def in_zone(value: datetime, zone: ZoneInfo) -> datetime:
    """By the clock of the zone; as it is where that would be before the year 1 or after 9999.

    Systems write such times for "never" and "for ever": one of them must not end the export of all others.
    """
    try:
        return value.astimezone(zone)
    except OverflowError:
        return value
