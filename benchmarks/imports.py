"""Reading a workbook: CPU time of our reader, limits on hostile files and all, beside openpyxl's read-only mode, in turns.

    .venv/bin/python -m benchmarks.imports [--rows 100000] [--rounds 3]

Ten columns of clients (text, phones, numbers, decimals, dates, times), saved as Excel does it (texts of their own part) and as our exports do
it (texts inside the cells). Each run is a process of its own. Ours looks through the whole archive first, as an import does; openpyxl
trusts the file. Both give every cell, and the run fails where they do not see the same rows.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.exports import MEGABYTE, setup
from benchmarks.figures import median, number, spread, table

HEADINGS = ("id", "name", "phone", "city", "note", "visits", "total", "born", "seen", "is_active")
BEGIN = datetime.fromisoformat("2026-01-01 09:00")  # cells have no zone


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    for at in range(count):
        yield (
            f"0199f0a1-7c1e-7d52-9a55-{at:012x}", f"Иванова Мария {at}", f"+37529{at:07d}", f"Минск {at % 40}",
            None if at % 3 else "просит <перезвонить> & счёт", at % 600, at / 100, date(1970, 1, 1) + timedelta(days=at % 9000),
            BEGIN + timedelta(minutes=at), "yes" if at % 2 else "no",
        )  # fmt: skip


def as_excel(path: Path, count: int) -> None:
    sys.path.append(str(peers.packages()))  # XlsxWriter is none of our packages
    from xlsxwriter import Workbook

    book = Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Clients")
    sheet.write_row(0, 0, HEADINGS)
    for at, row in enumerate(rows(count), 1):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(at, column, value, day if column == 7 else moment if column == 8 else None)
    book.close()


def as_exported(path: Path, count: int) -> None:
    from exports.formats import FORMATS, OutputColumn
    from exports.kinds import Kind

    kinds = (*["text"] * 5, "integer", "decimal", "date", "datetime", "text")
    columns = [OutputColumn(name, name, Kind(kind)) for name, kind in zip(HEADINGS, kinds, strict=True)]
    with path.open("wb") as stream:
        writer = FORMATS["xlsx"].open(stream, columns, {}, "Clients")
        for row in rows(count):
            writer.write([row])
        writer.close()


def ours(path: Path) -> Iterator[Any]:
    from exports.imports.reading import opened

    with opened(path, "xlsx", len) as file:
        for _number, cells in file.rows:
            yield cells


def openpyxl_read_only(path: Path) -> Iterator[Any]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    yield from book.worksheets[0].iter_rows(min_row=2, values_only=True)
    book.close()


READERS: dict[str, Callable[[Path], Iterator[Any]]] = {
    "Switchboard": ours,
    "openpyxl read-only": openpyxl_read_only,
}
FILES: dict[str, Callable[[Path, int], None]] = {
    "as Excel saves it": as_excel,
    "as we export it": as_exported,
}


def measure(name: str, path: Path, small: Path) -> dict[str, float]:
    """One run in this process."""
    setup()
    for _cells in READERS[name](small):  # imports
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began, count, cells = time.process_time(), 0, 0
    for row in READERS[name](path):
        count += 1
        cells += sum(cell is not None for cell in row)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "cpu": time.process_time() - began,
        "rows": count,
        "cells": cells,
        "above": (peak - before) / MEGABYTE,
    }


def write(kind: str, path: Path, count: int) -> None:
    setup()
    FILES[kind](path, count)


def run(*arguments: object) -> dict[str, float]:
    """In a process of its own, of which this one stays smaller: a child's peak memory begins with its parent's."""
    command = [sys.executable, "-m", "benchmarks.imports", "--one", *map(str, arguments)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(what: str, *arguments: str) -> dict[str, float]:
    if what in FILES:
        place, count = arguments
        write(what, Path(place), int(count))
        return {}
    path, small = map(Path, arguments)
    return measure(what, path, small)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    lines = []
    with tempfile.TemporaryDirectory(prefix="switchboard-benchmark-") as folder:
        for kind in FILES:
            path, small = Path(folder, "large.xlsx"), Path(folder, "small.xlsx")
            run(kind, path, given.rows)
            run(kind, small, 1)
            found: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
            for _round in range(given.rounds):
                for name in READERS:
                    found[name].append(run(name, path, small))
            seen = {(one["rows"], one["cells"]) for runs in found.values() for one in runs}
            if len(seen) != 1:
                raise SystemExit(f"they do not see the same rows and cells: {seen}")
            fastest = median([one["cpu"] for one in found["Switchboard"]])
            for name, runs in found.items():
                cpu = [one["cpu"] for one in runs]
                lines.append(
                    (kind, name, spread(cpu), number(given.rows / median(cpu)), f"{median(cpu) / fastest:.2f}×",
                     number(median([one["above"] for one in runs])))
                )  # fmt: skip
    print(f"\nReading {given.rows:,} rows × {len(HEADINGS)} columns\n")
    headings = ("workbook", "reader", "CPU s", "rows per CPU s", "÷ ours", "above the process, MB")
    print(table(headings, lines), flush=True)


if __name__ == "__main__":
    main()
