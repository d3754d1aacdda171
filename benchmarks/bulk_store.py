"""A full store: what millions of kept deliveries cost a delivery, a page of the admin, a page of the API, and the retention.

    .venv/bin/python -m benchmarks.bulk_store [--stored 1000000] [--engine postgresql] [--sent 2000]

The same measurements are taken with an empty store and with a full one: so many deliveries with event, body and one attempt
each, spread over ninety days and twenty companies, written by COPY (row by row on SQLite). The retention then removes what is
older than a month. What emitting costs within a transaction, and one event for a thousand endpoints, are measured beside it.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figures import table
from benchmarks.installation import Installation, installed

STEPS = ("emit", "fan_out", "delivery", "admin_page", "api_page", "api_seldom_type", "api_far_back")


def measured(installation: Installation, sent: int) -> dict[str, float]:
    """Milliseconds by step; of each kind the median of several tries."""
    found: dict[str, float] = installation.call("benchmarks.store:measure", sent=sent)
    return found


def run(installation: Installation, stored: int, sent: int, endpoints: int) -> None:
    installation.call("benchmarks.store:prepare", endpoints=endpoints)
    empty = measured(installation, sent)
    filled = installation.call("benchmarks.store:fill", count=stored)
    full = measured(installation, sent)
    retention = installation.call("benchmarks.store:retention")
    rows: list[tuple[Any, ...]] = [
        (step, f"{empty[step]:.2f}", f"{full[step]:.2f}", f"{full[step] / max(empty[step], 1e-6):.2f}")
        for step in STEPS
    ]
    print(table(("step, ms", "empty store", f"{stored} stored", "times"), rows))
    print(f"filled in {filled['seconds']:.1f} s; {filled['megabytes']:.0f} MB")
    print(
        f"retention removed {retention['removed']} deliveries in {retention['seconds']:.1f} s,"
        f" {retention['per_second']:.0f} a second; a run that finds nothing took {retention['idle_ms']:.1f} ms"
    )


def main(show: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=2_000, help="events of each measurement")
    parser.add_argument("--endpoints", type=int, default=1_000, help="of the one event for many")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="postgresql")
    given = parser.parse_args()
    with installed(given.engine) as installation:
        show(f"{given.engine}, {Path(__file__).stem}")
        run(installation, given.stored, given.sent, given.endpoints)


if __name__ == "__main__":
    main()
