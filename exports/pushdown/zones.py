"""Whether the database's table of time zones is ours: a server may be older than Python's, or not know a zone."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import DataError, connection, transaction

# Every third day of seventy years: tables that differ do so for weeks.
_STEP = 3 * 86_400
_SAMPLES = range(0, 2_208_988_800, _STEP)
_OFFSETS = (
    "SELECT extract(epoch FROM (moment AT TIME ZONE %s) - (moment AT TIME ZONE 'UTC'))::int"
    " FROM (SELECT to_timestamp(second) AS moment FROM generate_series(%s, %s, %s) AS second) AS samples"
)


@lru_cache(maxsize=256)
def server_agrees(zone: ZoneInfo) -> bool:
    """Asked once for each zone and process, in a transaction of its own: an unknown name breaks it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OFFSETS, [zone.key, _SAMPLES.start, _SAMPLES.stop - 1, _STEP])
            theirs = [offset for (offset,) in cursor.fetchall()]
    except DataError:  # it knows no such zone; a connection that was lost says nothing, and is asked again
        return False
    return theirs == [_offset(second, zone) for second in _SAMPLES]


def _offset(second: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    assert offset is not None, "a moment with a zone has an offset"
    return int(offset.total_seconds())
