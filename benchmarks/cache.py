"""What it takes to find out which systems a company has connected: a bare dict, our memory, Django's LocMem cache, the ORM.

And how long after its commit another process sees a change: it asks again and again until the answer is another one.
"""

import argparse
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, number, percentile, table
from benchmarks.installation import Installation, installed

TENANTS = 50
CHANGES = 20
GIVEN_UP_SECONDS = 10.0


def load(tenants: int) -> list[int]:
    """Runs inside: companies with a RetailCRM each."""
    from integrations.actions.save_integration import create_integration
    from tenants.models import Tenant
    from tenants.scoping import tenant_scope

    made = []
    for place in range(tenants):
        tenant = Tenant.objects.create(
            number=f"{place:04d}",
            name=f"Company {place}",
            timezone="Europe/Minsk",
            phone_region="BY",
            language="en",
        )
        with tenant_scope(tenant):
            create_integration(
                tenant,
                "retailcrm",
                "Main CRM",
                settings={"url": "https://example.retailcrm.ru"},
                credentials={"api_key": "a-key-of-nobody"},
            )
        made.append(tenant.pk)
    return made


def look_up(tenants: list[int], rounds: int) -> dict[str, list[float]]:
    """Runs inside: microseconds of a look-up, in batches of a hundred so that the clock itself does not count."""
    from django.core.cache.backends.locmem import LocMemCache

    from integrations import live
    from integrations.models import Integration
    from tenants.changes import follower
    from tenants.scoping import all_tenants

    follower.begin()
    _wait_for(lambda: follower.is_hearing)
    plain = {tenant: live.connections(tenant).value for tenant in tenants}
    local = LocMemCache("benchmark", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
    for tenant in tenants:
        # Its values are pickled, so it gets the part that can be.
        local.set(str(tenant), dict(plain[tenant].matrix), 3600)

    def from_orm(tenant: int) -> Any:
        with all_tenants():
            return list(
                Integration.objects.filter(tenant_id=tenant, is_enabled=True).only("connector", "settings")
            )

    ways: dict[str, Callable[[int], Any]] = {
        "a dict": plain.__getitem__,
        "our memory": live.memory.get,
        "LocMem, the matrix only": lambda tenant: local.get(str(tenant)),
        "the ORM": from_orm,
    }
    found = {
        name: _batches(way, tenants, rounds if name != "the ORM" else rounds // 20)
        for name, way in ways.items()
    }
    follower.end()
    return found


def _batches(way: Callable[[int], Any], tenants: list[int], rounds: int) -> list[float]:
    spent = []
    for batch in range(max(rounds // 100, 5)):
        keys = [tenants[(batch * 7 + place) % len(tenants)] for place in range(100)]
        began = time.perf_counter()
        for key in keys:
            way(key)
        spent.append((time.perf_counter() - began) * 1e6 / len(keys))
    return spent


def watch(tenant: int, changes: int) -> list[float]:
    """Runs inside: when each change of whether the integration is enabled was seen, by the clock on the wall."""
    from integrations import live
    from tenants.changes import follower

    follower.begin()
    _wait_for(lambda: follower.is_hearing)
    state = live.connections(tenant).value.matrix["retailcrm"]
    seen: list[float] = []
    deadline = time.monotonic() + GIVEN_UP_SECONDS * changes
    while len(seen) < changes and time.monotonic() < deadline:
        now = live.connections(tenant).value.matrix["retailcrm"]
        if now != state:
            state = now
            seen.append(time.time())
        time.sleep(0.0005)
    follower.end()
    return seen


def change(tenant: int, changes: int) -> list[float]:
    """Runs inside: switches the integration off and on, and says when each was committed."""
    from integrations.actions.save_integration import update_integration
    from integrations.models import Integration
    from tenants.scoping import tenant_scope

    committed = []
    time.sleep(3)  # until the other process looks
    for _ in range(changes):
        with tenant_scope(tenant):
            row = Integration.objects.get()
            update_integration(row, is_enabled=not row.is_enabled)
        committed.append(time.time())
        time.sleep(1.1)
    return committed


def _wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVEN_UP_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("changes are not heard: nothing could be measured")
        time.sleep(0.01)


def delays(installation: Installation, tenant: int, changes: int) -> list[float]:
    """Milliseconds from the commit in one process to the new answer in another."""
    seen: list[float] = []

    def follow() -> None:
        seen.extend(installation.call("benchmarks.cache:watch", tenant=tenant, changes=changes))

    watching = threading.Thread(target=follow)
    watching.start()
    committed = installation.call("benchmarks.cache:change", tenant=tenant, changes=changes)
    watching.join()
    if len(seen) != changes:
        raise RuntimeError(f"{len(seen)} of {changes} changes were seen")
    # The commit lies before the function's return, so a change may be seen before it is told.
    return [max((after - before) * 1000, 0.0) for before, after in zip(committed, seen, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--tenants", type=int, default=TENANTS)
    parser.add_argument("--rounds", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=CHANGES)
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            tenants = installation.call("benchmarks.cache:load", tenants=options.tenants)
            found = installation.call("benchmarks.cache:look_up", tenants=tenants, rounds=options.rounds)
            late = delays(installation, tenants[0], options.changes)
        for name, values in found.items():
            rows.append(
                (name, engine, f"{number(median(values))} µs", f"{number(percentile(values, 99))} µs")
            )
        rows.append(
            (
                "a change seen by another process",
                engine,
                f"{number(median(late))} ms",
                f"{number(max(late))} ms (worst)",
            )
        )
    print(f"\nThe integrations of a company, of {options.tenants} companies\n")
    print(table(("look-up", "database", "p50", "p99"), rows), flush=True)


if __name__ == "__main__":
    main()
