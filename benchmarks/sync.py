"""A synchronisation of many contacts beside the same loop written by hand: requests, JSON, one bulk upsert for each page.

The other side answers from memory, as fast as the network lets it. Everything is read three times: into empty tables,
with nothing changed, and with every tenth contact changed. Ours is a real run, worked on in slices as a worker does: it
masks and keeps exchanges, reads telephone numbers, tells events, keeps links with digests, look-ups and its place. The
loop by hand keeps one row of a table. Each reading is a process of its own, so that its peak memory is its own.
"""

import argparse
import os
import sys
import time
from typing import Any

from benchmarks import servers
from benchmarks.figures import number, table
from benchmarks.installation import Installation, installed
from benchmarks.pages import SHARE_CHANGED, serving

READINGS = ("all new", "nothing changed", "every tenth changed")
TABLE = "CREATE TABLE by_hand (outside_id text PRIMARY KEY, name text, phones text, comment text, position text, changed text)"
UPSERT = (
    "INSERT INTO by_hand VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (outside_id) DO UPDATE SET name = EXCLUDED.name,"
    " phones = EXCLUDED.phones, comment = EXCLUDED.comment, position = EXCLUDED.position, changed = EXCLUDED.changed"
)


def prepare(port: int) -> None:
    """Runs inside: a company with that system connected."""
    _know_the_system()
    from integrations.actions.save_integration import create_integration
    from integrations.models import SyncPlan
    from tenants.models import Tenant

    tenant = Tenant.objects.create(number="7100", name="Shop", timezone="Europe/Minsk", phone_region="BY")
    values = {"settings": {"url": f"http://127.0.0.1:{port}"}, "credentials": {"key": "tiny-key"}}
    made = create_integration(tenant, "tinycrm", "Tiny", **values)  # type: ignore[arg-type]
    SyncPlan.objects.create(tenant=tenant, integration=made, kind="contact")
    with servers.connected(os.environ["DATABASE_URL"]) as database:
        database.execute(TABLE)


def run() -> dict[str, Any]:
    """Runs inside: one run, from the asking to its end."""
    _know_the_system()
    from integrations.actions.run_sync import LANE, run_sync
    from integrations.models import SyncPlan
    from tenants.work import drain

    plan = SyncPlan.objects.get()
    before, began, cpu = _peak(), time.perf_counter(), time.process_time()
    made = run_sync(plan, is_full=True)
    drain(LANE)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    made.refresh_from_db()
    if made.state != "completed" or made.failed:
        raise RuntimeError(f"{made.state}: {made.reason}, {made.failed} failed")
    told = [made.created, made.updated, made.unchanged]
    return {
        "rows": made.read,
        "seconds": seconds,
        "cpu": cpu,
        "before": before,
        "peak": _peak(),
        "told": told,
    }


def by_hand(port: int, page: int) -> dict[str, Any]:
    """Runs inside, without anything of ours."""
    import json

    import requests

    before, began, cpu, rows, offset = _peak(), time.perf_counter(), time.process_time(), 0, 0
    url = os.environ["DATABASE_URL"]
    statement = UPSERT.replace("%s", "?") if url.startswith("sqlite:") else UPSERT
    with servers.connected(url) as database, requests.Session() as session:
        while True:
            found = session.get(f"http://127.0.0.1:{port}/contacts?offset={offset}", timeout=10).json()
            values = [
                (
                    one["id"],
                    one["name"],
                    json.dumps(one["phones"]),
                    one["comment"],
                    one["position"],
                    one["changed"],
                )
                for one in found["items"]
            ]
            database.execute("BEGIN")
            database.cursor().executemany(statement, values)
            database.execute("COMMIT")
            rows, offset = rows + len(values), offset + page
            if offset >= found["total"]:
                break
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rows": rows, "seconds": seconds, "cpu": cpu, "before": before, "peak": _peak()}


def profile(port: int, top: int = 40) -> None:
    """Runs inside: where a run's time goes, to standard error."""
    import cProfile
    import pstats

    watched = cProfile.Profile()
    watched.runcall(run)
    pstats.Stats(watched, stream=sys.stderr).sort_stats("tottime").print_stats(top)


def _know_the_system() -> None:
    from integrations import connectors
    from integrations.tests.crm.connector import CONNECTOR

    known = {**connectors.registry(), "tinycrm": CONNECTOR}
    connectors.registry = lambda: known  # type: ignore[assignment]  # it has no folder


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(installation: Installation, engine: str, options: argparse.Namespace) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    with serving(options.rows, options.page) as ours, serving(options.rows, options.page) as theirs:
        installation.call("benchmarks.sync:prepare", port=ours)
        for reading in READINGS:
            hand = installation.call("benchmarks.sync:by_hand", port=theirs, page=options.page)
            if options.profile:
                installation.call("benchmarks.sync:profile", port=ours)
                continue
            own = installation.call("benchmarks.sync:run")
            share = -(-options.rows // SHARE_CHANGED)
            expected = [[options.rows, 0, 0], [0, 0, options.rows], [0, share, options.rows - share]]
            if own["told"] != expected[READINGS.index(reading)] or hand["rows"] != options.rows:
                raise RuntimeError(f"{reading}: {own['told']} and {hand['rows']} of {options.rows}")
            rows += [
                _row(engine, reading, "Switchboard", own, hand),
                _row(engine, reading, "by hand", hand, hand),
            ]
            print(f"{engine}: {reading} is done", file=sys.stderr, flush=True)
    return rows


def _row(
    engine: str, reading: str, design: str, found: dict[str, Any], hand: dict[str, Any]
) -> tuple[Any, ...]:
    return (
        engine,
        reading,
        design,
        number(found["rows"] / found["seconds"]),
        f"{found['seconds'] / hand['seconds']:.2f}",
        f"{found['cpu'] / found['rows'] * 1e6:.0f}",
        f"{found['peak']:.0f} ({found['before']:.0f})",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--page", type=int, default=500)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            rows += measure(installation, engine, options)
    if rows:
        print(f"\nSynchronisation of {options.rows:,} contacts, {options.page} a page\n")
        heads = (
            "database",
            "reading",
            "design",
            "rows/s",
            "time ÷ by hand",
            "CPU µs a row",
            "peak (before), MB",
        )
        print(table(heads, rows), flush=True)


if __name__ == "__main__":
    main()
