"""What others would write calls to a file with: django-import-export, openpyxl and XlsxWriter, each at its best.

Each runs inside an installation's own process, on the same columns and the same database. XlsxWriter is none of our packages: it
comes from the peers' environment (`benchmarks.peers`).
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks import peers
from benchmarks.usage import peak


@dataclass(frozen=True, slots=True)
class Peer:
    design: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def of(format: str) -> list[Peer]:
    """Those that write this format."""
    library = Peer("django-import-export", f"{__name__}:import_export", {"format": format})
    if format == "csv":
        return [library]
    if format != "xlsx":
        return []
    return [
        library,
        Peer("openpyxl, write-only", f"{__name__}:openpyxl"),
        Peer("xlsxwriter, constant_memory", f"{__name__}:xlsxwriter", {"packages": str(peers.packages())}),
    ]


def import_export(format: str, count: int) -> dict[str, float]:
    """Runs inside: the library's own export of a ModelResource with the same columns."""
    from import_export.resources import modelresource_factory

    from telephony.models import Call

    resource = modelresource_factory(Call, meta_options={"fields": _columns()})()
    timed = Timed()
    exported = resource.export(Call.objects.order_by("-started_at", "-id")[:count]).export(format)
    assert exported
    return timed.figures(count)


def openpyxl(count: int) -> dict[str, float]:
    """Runs inside: rows as tuples to a workbook that keeps none of them."""
    import tempfile

    from openpyxl import Workbook

    timed = Timed()
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_columns())
    for row in _rows(count):
        sheet.append(row)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        book.save(file.name)
    return timed.figures(count)


def xlsxwriter(count: int, packages: str) -> dict[str, float]:
    """Runs inside: the same with the other library, which is found in `packages` behind our own."""
    import tempfile

    sys.path.append(packages)
    from xlsxwriter import Workbook

    timed = Timed()
    options = {
        "constant_memory": True,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
        **dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False),
    }
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file, Workbook(file.name, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, _columns())
        for number, row in enumerate(_rows(count), 1):
            sheet.write_row(number, 0, row)
    return timed.figures(count)


class Timed:
    """Begins where the peer's own work does."""

    def __init__(self) -> None:
        self._peak, self._began, self._cpu = peak(), time.perf_counter(), time.process_time()

    def figures(self, rows: int) -> dict[str, float]:
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return {"rate": rows / seconds, "cpu_rate": rows / cpu, "before": self._peak, "peak": peak()}


def _columns() -> list[str]:
    from exports.registry import get_dataset

    columns = get_dataset("calls").columns.values()
    return [column.path for column in columns if column.is_default and column.path]


def _rows(count: int) -> Iterator[list[Any]]:
    """As Excel takes them: times of the company's clock without a zone, texts for what it has no type for."""
    from zoneinfo import ZoneInfo

    from telephony.models import Call

    zone = ZoneInfo("Europe/Minsk")
    found = Call.objects.order_by("-started_at", "-id").values_list(*_columns())[:count]
    for row in found.iterator(chunk_size=2_000):
        yield [_cell(value, zone) for value in row]


def _cell(value: Any, zone: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    return value if value is None or isinstance(value, str | int | float) else str(value)
