"""Times at the ends of the calendar, by a company's clock: no format, and no other row, suffers from them."""

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exports.cells import CellConverter
from exports.columns import DatasetColumn
from exports.formats import FORMATS
from exports.formats.base import OutputColumn
from exports.kinds import Kind

FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
NEVER = datetime(1, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def written(format: str, zone: str, *moments: Any) -> bytes:
    found = FORMATS[format]
    column = DatasetColumn("at", "At", Kind.DATETIME, "at")
    rows = CellConverter([column], ZoneInfo(zone), is_for_people=found.is_for_people).convert(
        [(moment,) for moment in moments]
    )
    stream = io.BytesIO()
    writer = found.open(stream, [OutputColumn("at", "At", Kind.DATETIME)], {})
    writer.write(rows)
    writer.close()
    return stream.getvalue()


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize("zone", ["Europe/Minsk", "America/New_York"])
def test_every_format_writes_them(format: str, zone: str) -> None:
    assert written(format, zone, NEVER, NOON, FOR_EVER, None)


def test_what_the_clock_cannot_show_stays_in_utc_and_the_others_do_not() -> None:
    east = written("csv", "Europe/Minsk", NOON, FOR_EVER).decode("utf-8-sig").split()
    west = written("csv", "America/New_York", NEVER, NOON).decode("utf-8-sig").split()

    assert east == ["At", "2026-07-01", "15:00:00", "9999-12-31", "23:59:59"]
    assert west == ["At", "0001-01-01", "00:00:00", "2026-07-01", "08:00:00"]


def test_programs_are_told_the_offset() -> None:
    assert written("jsonl", "Europe/Minsk", FOR_EVER) == b'{"at":"9999-12-31T23:59:59+00:00"}\n'
