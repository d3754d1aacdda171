"""One export of very many rows by the worker that `serve` starts: how much memory the worker has at its start, on the way and at the end.

What grows with the rows is seen in the samples; a peak alone would not tell it from what is taken once.
"""

import argparse
import time
from typing import Any

from benchmarks import servers
from benchmarks.figures import table
from benchmarks.installation import Installation, installed

SAMPLE_SECONDS = 1.0
TENTHS = 10
UNFINISHED = ("pending", "running")


def state(installation: Installation, key: str) -> tuple[str, int]:
    """Asked beside the installation's own processes: what a second process for it would cost is none of the measurement."""
    with servers.connected(installation.database_url) as database:
        own = key.replace("-", "") if installation.database_url.startswith("sqlite") else key
        [(found, rows)] = database.execute(
            f"SELECT state, rows_done FROM exports_export WHERE id = '{own}'"
        ).fetchall()
    return str(found), int(rows)


def outcome(key: str) -> dict[str, Any]:
    """Runs inside."""
    from exports.models import Export

    export = Export.objects.get(pk=key)
    if export.state != "done" or export.started_at is None or export.finished_at is None:
        raise RuntimeError(f"{export.state}: {export.reason}")
    return {"size": export.size, "seconds": (export.finished_at - export.started_at).total_seconds()}


def measure(installation: Installation, engine: str, options: argparse.Namespace) -> list[tuple[Any, ...]]:
    installation.call("benchmarks.exports_rows:fill", count=options.rows)
    worker = installation.start_role("worker-batch")
    _warmed(installation, options.format)
    rows = [(engine, "before", "", f"{installation.usage(worker).peak_mb:.0f}", "")]
    key = installation.call("benchmarks.exports_job:ask", format=options.format)
    following = 1
    while True:
        time.sleep(SAMPLE_SECONDS)
        now, done = state(installation, key)
        at = f"{installation.usage(worker).peak_mb:.0f}"
        while done * TENTHS >= options.rows * following:
            rows.append((engine, "on the way", f"{done:,}", at, ""))
            following = done * TENTHS // options.rows + 1
        if now not in UNFINISHED:
            break
    end = installation.call("benchmarks.exports_large:outcome", key=key)
    told = f"{done / end['seconds']:,.0f} rows/s, {end['size'] / 1e6:,.0f} MB in {end['seconds']:.0f} s"
    return [*rows, (engine, "at the end", f"{done:,}", at, told)]


def _warmed(installation: Installation, format: str) -> None:
    """What is imported and compiled once is there: a first export of a few rows."""
    key = installation.call("benchmarks.exports_large:ask_few", format=format)
    while state(installation, key)[0] in UNFINISHED:
        time.sleep(SAMPLE_SECONDS)


def ask_few(format: str) -> str:
    """Runs inside: a thousand rows."""
    from exports.actions.request import request_export
    from exports.request import ExportRequest
    from tenants.models import Tenant

    tenant = Tenant.objects.get(number="7000")
    asked = ExportRequest("calls", format, options={"max_records": "1000"})
    return str(request_export(tenant, asked, language="en").pk)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", default="csv")
    options = parser.parse_args()
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            rows = measure(installation, engine, options)
        heads = ("database", "when", "rows", "peak of the worker, MB", "rate")
        print(table(heads, rows), flush=True)


if __name__ == "__main__":
    main()
