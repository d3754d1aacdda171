"""Clocks of companies, which go on where the calendar ends."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class Zone(ZoneInfo):
    """A time zone in which every moment can be shown.

    Other systems write "9999-12-31" for never: east of Greenwich its last hours would be in the year 10000, which Python
    refuses, and one such deal would take its whole list along. Such a moment stays in UTC.
    """

    def fromutc(self, dt: datetime) -> datetime:
        try:
            return super().fromutc(dt)
        except OverflowError:
            return dt.replace(tzinfo=UTC)
