"""Memory stays flat: what writers and converters hold at 200,000 rows is what they hold at 20,000."""

import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exports.cells import CellConverter
from exports.columns import DatasetColumn
from exports.formats import FORMATS, OutputColumn
from exports.kinds import Kind

COLUMNS = [
    DatasetColumn("at", "At", Kind.DATETIME, "at"),
    DatasetColumn("name", "Name", Kind.TEXT, "name"),
    DatasetColumn("phone", "Phone", Kind.PHONE, "phone"),
    DatasetColumn("cost", "Cost", Kind.DECIMAL, "cost"),
]


BLOCK: Sequence[tuple[Any, ...]] = [
    (datetime(2026, 1, 1, 12, at % 60, tzinfo=UTC), f"Имя {at}", f"+37529{at:07d}", Decimal(at) / 100)
    for at in range(2_000)
]


def resident() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak(format: str, count: int) -> int:
    chosen = FORMATS[format]
    columns = [OutputColumn(column.name, str(column.heading), column.kind) for column in COLUMNS]
    cells = CellConverter(COLUMNS, ZoneInfo("Europe/Minsk"), is_for_people=chosen.is_for_people)
    before = highest = resident()
    with tempfile.TemporaryFile() as stream:
        writer = chosen.open(stream, columns, {})
        for _ in range(count // len(BLOCK)):
            writer.write(cells.convert(BLOCK))
            highest = max(highest, resident())
        writer.close()
    return highest - before


@pytest.mark.parametrize("format", list(FORMATS))
def test_memory_stays_flat(format: str) -> None:
    peak(format, 20_000)  # whatever is allocated once is there now

    assert peak(format, 200_000) < 8_000_000
