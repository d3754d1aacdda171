"""Rows a second and peak memory of our CSV and Excel writers, beside openpyxl write-only and django-import-export itself.

    .venv/bin/python -m benchmarks.exports [--rows 200000] [--peer-rows 20000]

Twelve columns of calls as Python tuples (identifiers, two times, phones, Cyrillic names, decimals, JSON, nullable text), nothing read
from a database. The peers get fewer rows: they keep all of them, or need minutes. Each run is a process of its own, so that
its peak memory is its own; the memory before the first row (Python, Django) is shown as well. Ratios compare CPU time, which other
programs on the machine disturb least.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

BLOCK = 2_000
MEGABYTE = 1024 * 1024
START = datetime(2026, 1, 1, tzinfo=UTC)
Rows = list[tuple[Any, ...]]
KINDS = {
    "id": "text", "started_at": "datetime", "ended_at": "datetime", "client": "phone", "client_name": "text", "line": "phone",
    "extension": "text", "status": "text", "talk": "integer", "cost": "decimal", "note": "text", "raw": "json",
}  # fmt: skip


def setup() -> None:
    """Django, without touching the installation's own folder."""
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="switchboard-benchmark-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def blocks(count: int) -> Iterator[Rows]:
    """Synthetic calls; one block is made in advance and repeated, so that making rows does not count."""
    chance = random.Random(1)
    rows: Rows = []
    for at in range(BLOCK):
        begin = START + timedelta(
            seconds=chance.randrange(10_000_000), microseconds=chance.randrange(1_000_000)
        )
        rows.append(
            (
                str(uuid.UUID(int=chance.getrandbits(128))),
                begin,
                begin + timedelta(seconds=chance.randrange(600)) if at % 7 else None,
                f"+37529{chance.randrange(10_000_000):07d}",
                f"Иванова Мария {at}",
                "+375171234567",
                str(chance.randrange(100, 999)),
                chance.choice(["answered", "missed", "busy"]),
                chance.randrange(600),
                Decimal(chance.randrange(1_000_000)) / 100,
                None if at % 3 else "просит <перезвонить> & счёт",
                {"trunk": f"sip-{at % 7}", "hops": [1, 2, 3]},
            )
        )
    for start in range(0, count, BLOCK):
        yield rows[: count - start]


def ours(name: str) -> Callable[[BinaryIO, int], None]:
    """The whole of our path behind the database: values to cells, cells to file."""

    def run(stream: BinaryIO, count: int) -> None:
        from exports.cells import CellConverter
        from exports.columns import DatasetColumn
        from exports.formats import FORMATS, OutputColumn
        from exports.kinds import Kind

        chosen = FORMATS[name]
        columns = [DatasetColumn(column, column, Kind(kind), column) for column, kind in KINDS.items()]
        cells = CellConverter(columns, ZoneInfo("Europe/Minsk"), is_for_people=chosen.is_for_people)
        writer = chosen.open(
            stream, [OutputColumn(column.name, column.name, column.kind) for column in columns], {}, "Calls"
        )
        for block in blocks(count):
            writer.write(cells.convert(block))
        writer.close()

    return run


def openpyxl_write_only(stream: BinaryIO, count: int) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Calls")
    sheet.append(list(KINDS))
    for block in blocks(count):
        for row in block:
            sheet.append([_flat(value) for value in row])
    book.save(stream)


def _flat(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo("Europe/Minsk")).replace(tzinfo=None)
    return json.dumps(value) if isinstance(value, dict) else value


def import_export(format: str) -> Callable[[BinaryIO, int], None]:
    """A plain Resource over objects with these attributes, exported as the library does it."""

    def run(stream: BinaryIO, count: int) -> None:
        from types import SimpleNamespace

        from import_export.fields import Field
        from import_export.resources import Resource
        from import_export.widgets import DateTimeWidget, Widget

        widgets = {"datetime": DateTimeWidget}
        fields = {
            name: Field(attribute=name, column_name=name, widget=widgets.get(kind, Widget)())
            for name, kind in KINDS.items()
        }
        resource = type("Calls", (Resource,), fields)()
        rows = [
            SimpleNamespace(**dict(zip(KINDS, row, strict=True))) for block in blocks(count) for row in block
        ]
        exported = resource.export(rows).export(format)
        stream.write(exported if isinstance(exported, bytes) else exported.encode())

    return run


RUNS: dict[str, Callable[[BinaryIO, int], None]] = {
    "CSV   Switchboard": ours("csv"),
    "CSV   django-import-export": import_export("csv"),
    "XLSX  Switchboard": ours("xlsx"),
    "XLSX  openpyxl write-only": openpyxl_write_only,
    "XLSX  django-import-export": import_export("xlsx"),
    "JSONL Switchboard": ours("jsonl"),
}


def measure(name: str, count: int) -> dict[str, float]:
    """One run in this process."""
    setup()
    with tempfile.TemporaryFile() as stream:
        RUNS[name](stream, 1)  # imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with tempfile.TemporaryFile() as stream:
        began, began_cpu = time.perf_counter(), time.process_time()
        RUNS[name](stream, count)
        seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        size = stream.seek(0, os.SEEK_END)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "rows": count,
        "rate": count / seconds,
        "cpu_rate": count / cpu,
        "base": before / MEGABYTE,
        "peak": peak / MEGABYTE,
        "size": size / MEGABYTE,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000, help="for our writers")
    parser.add_argument("--peer-rows", type=int, default=20_000, help="for the others")
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.rows)))
        return
    print(
        f"{'':28}{'rows':>10}{'rows/s':>10}{'rows/CPU s':>12}{'ratio':>8}{'before':>9}{'peak':>9}{'file':>9}"
    )
    best: dict[str, float] = {}
    for name in RUNS:
        count = given.rows if "Switchboard" in name else given.peer_rows
        command = [sys.executable, "-m", "benchmarks.exports", "--one", name, "--rows", str(count)]
        run = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent
        )
        found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
        family = name.split()[0]
        best.setdefault(family, found["cpu_rate"])
        print(
            f"{name:28}{found['rows']:>10,.0f}{found['rate']:>10,.0f}{found['cpu_rate']:>12,.0f}{best[family] / found['cpu_rate']:>7.1f}x"
            f"{found['base']:>6.0f} MB{found['peak']:>6.0f} MB{found['size']:>6.1f} MB"
        )


if __name__ == "__main__":
    main()
