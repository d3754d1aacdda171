"""Exports from the database's rows to the sealed file, beside COPY (the limit) and django-import-export.

A company with many calls asks for its dataset `calls`; the job runs as a worker runs it: snapshot, reader, cells, writer,
checksum. On PostgreSQL the same columns are written straight to a file as well, by COPY and by rows that are built in SQL (the
limits), and by our own job row by row, as it goes where a column needs Python. The peers (`benchmarks.exports_peers`) get fewer
rows: they need minutes, or keep all of them. In turns, round after round, each in a process of its own, so that its peak memory is its own.
"""

import argparse
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks import exports_peers, servers
from benchmarks.figures import median, spread, table
from benchmarks.installation import Installation, installed
from benchmarks.usage import peak

FORMATS = ("csv", "xlsx", "json", "jsonl", "xml", "yaml")
# What the database can do at best for each: its own CSV, and rows that it builds as text.
LIMITS = {
    "csv": "COPY",
    "json": "row_to_json",
    "jsonl": "row_to_json",
    "xml": "text built in SQL",
    "yaml": "text built in SQL",
}


def job(format: str) -> dict[str, float]:
    """Runs inside: one export, from the asking to the file."""
    from exports.actions.request import request_export
    from exports.lanes import LANE
    from exports.request import ExportRequest
    from tenants.models import Tenant
    from tenants.work import drain

    tenant = Tenant.objects.get(number="7000")
    before = peak()
    began, cpu = time.perf_counter(), time.process_time()
    export = request_export(tenant, ExportRequest("calls", format), language="en")
    drain(LANE)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    export.refresh_from_db()
    if export.state != "done":
        raise RuntimeError(export.reason)
    return {
        "rate": export.rows_done / seconds,
        "cpu_rate": export.rows_done / cpu,
        "before": before,
        "peak": peak(),
    }


def ask(format: str) -> str:
    """Runs inside: the same export, for a worker that runs."""
    from exports.actions.request import request_export
    from exports.request import ExportRequest
    from tenants.models import Tenant

    tenant = Tenant.objects.get(number="7000")
    return str(request_export(tenant, ExportRequest("calls", format), language="en").pk)


def row_by_row(format: str) -> dict[str, float]:
    """Runs inside: the same job when no column may be left to the database."""
    from unittest import mock

    from exports.reader import Reader

    with mock.patch.object(Reader, "copy", return_value=None):
        return job(format)


def limit(format: str) -> dict[str, float]:
    """Runs inside: the same columns straight to a file, by COPY and without a row in Python."""
    import tempfile

    from django.db import connection

    from exports.registry import get_dataset

    columns = [
        column.path for column in get_dataset("calls").columns.values() if column.is_default and column.path
    ]
    before, began, cpu, rows = peak(), time.perf_counter(), time.process_time(), 0
    with (
        tempfile.TemporaryFile() as file,
        connection.cursor() as cursor,
        cursor.copy(_statement(format, columns)) as stream,
    ):
        for block in stream:
            file.write(block)
            rows += 1
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": rows / seconds, "cpu_rate": rows / cpu, "before": before, "peak": peak()}


def _statement(format: str, columns: list[str]) -> str:
    rows = f"(SELECT {', '.join(columns)} FROM telephony_call ORDER BY started_at DESC, id DESC)"
    # A quote that no text has: rows come as they are built.
    raw = "TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    if format == "csv":
        return f"COPY {rows} TO STDOUT (FORMAT csv)"
    if format in ("json", "jsonl"):
        return f"COPY (SELECT row_to_json(found) FROM {rows} AS found) {raw}"
    pieces = [
        f"'<{name}>', {name}, '</{name}>'" if format == "xml" else f"'\n  {name}: ', to_json({name})"
        for name in columns
    ]
    return f"COPY (SELECT concat({', '.join(pieces)}) FROM {rows} AS found) {raw}"


def measure(installation: Installation, engine: str, options: argparse.Namespace) -> list[tuple[Any, ...]]:
    found: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for turn in range(options.rounds):
        for name in options.formats:
            found[name, "Switchboard"].append(installation.call("benchmarks.exports_job:job", format=name))
            if engine == "postgresql":
                slow = installation.call("benchmarks.exports_job:row_by_row", format=name)
                found[name, "row by row"].append(slow)
                if name in LIMITS:
                    found[name, LIMITS[name]].append(
                        installation.call("benchmarks.exports_job:limit", format=name)
                    )
            for peer in exports_peers.of(name):
                run = installation.call(peer.function, count=options.peer_rows, **peer.arguments)
                found[name, peer.design].append(run)
        print(f"{engine}: round {turn + 1} of {options.rounds} is done", file=sys.stderr, flush=True)
    rows = []
    for (name, design), runs in found.items():
        own = median([run["rate"] for run in found[name, "Switchboard"]])
        rate = [run["rate"] for run in runs]
        peak = f"{median([run['peak'] for run in runs]):.0f} ({median([run['before'] for run in runs]):.0f})"
        busy = 1_000_000 / median([run["cpu_rate"] for run in runs])
        rows.append((engine, name, design, spread(rate), f"{own / median(rate):.2f}×", f"{busy:.1f}", peak))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            installation.call("benchmarks.exports_rows:fill", count=options.rows)
            rows += measure(installation, engine, options)
    print(f"\nExports of {options.rows:,} calls from the database\n")
    heads = (
        "database",
        "format",
        "design",
        "rows/s",
        "Switchboard ÷ it",
        "CPU s in Python, 1M rows",
        "peak (before), MB",
    )
    print(table(heads, rows), flush=True)


if __name__ == "__main__":
    main()
