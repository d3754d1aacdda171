"""What it takes to find out whose number rings, among millions of contacts: the selector, and a bare query beside it.

Contacts with their numbers and addresses are loaded in bulk, by COPY on PostgreSQL. Then: the selector in a process that
has just started (with the connection that it has to open, and the one after that), the selector again and again in a warm
process, and the same question as one indexed statement over a bare connection of the driver. Half of the numbers exist.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, number, percentile, table
from benchmarks.installation import installed

CONTACTS = 5_000_000
CHUNK = 50_000
COLD_STARTS = 20
FIRST = 0x0192F1B2_0000_7000_8000_000000000000  # ids made at one moment, in their order
BARE = (
    "SELECT c.id, c.name FROM integrations_contactpoint p JOIN integrations_contact c ON c.id = p.record_id"
    " WHERE p.tenant_id = {0} AND p.type = 'phone' AND p.value = {0} AND p.kind = 'contact'"
)


def phone(place: int) -> str:
    return f"+37529{place:09d}"


def load(count: int) -> dict[str, Any]:
    """Runs inside: contacts, each with a number and every other one with an address; how long it took."""
    from django.db import connection

    from integrations.models import Contact, ContactPoint
    from tenants.models import Tenant

    tenant = Tenant.objects.create(
        number="0367", name="June", timezone="Europe/Minsk", phone_region="BY", language="en"
    )
    began = time.perf_counter()
    _fill(Contact, _contacts(tenant.pk, count))
    _fill(ContactPoint, _points(tenant.pk, count))
    with connection.cursor() as cursor:
        # The visibility map is what index-only scans go by.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return {"tenant": tenant.pk, "seconds": time.perf_counter() - began}


def _contacts(tenant_id: int, count: int) -> Iterator[Any]:
    from integrations.models import Contact

    now = datetime.now(UTC)
    for place in range(count):
        name = f"Client {place}"
        row = Contact(
            id=_id(place), tenant_id=tenant_id, created_at=now, name=name, search_key=name.lower(), phones=[phone(place)],
            emails=[f"client{place}@example.com"] if place % 2 else [], responsible_id="19", updated_at=now,
        )  # fmt: skip
        yield row


def _points(tenant_id: int, count: int) -> Iterator[Any]:
    from integrations.models import ContactPoint

    now = datetime.now(UTC)
    for place in range(count):
        found = [("phone", phone(place))] + ([("email", f"client{place}@example.com")] if place % 2 else [])
        for type_, value in found:
            yield ContactPoint(
                tenant_id=tenant_id,
                created_at=now,
                kind="contact",
                record_id=_id(place),
                type=type_,
                value=value,
            )


def _id(place: int) -> Any:
    from uuid import UUID

    return UUID(int=FIRST + place)


def _fill(model: Any, rows: Iterator[Any]) -> None:
    """As the driver takes them fastest."""
    from itertools import islice

    from django.db import connection, transaction

    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    while chunk := list(islice(rows, CHUNK)):
        cells = [[_plain(field, row) for field in fields] for row in chunk]
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
                    for one in cells:
                        copy.write_row(one)
            else:
                marks = ", ".join(["%s"] * len(fields))
                cursor.executemany(
                    f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})",
                    cells,
                )


def _plain(field: Any, row: Any) -> Any:
    from django.db import connection
    from django.db.models import JSONField

    value = getattr(row, field.attname)
    if isinstance(field, JSONField):
        import json

        return json.dumps(value)
    if connection.vendor == "sqlite":
        return field.get_db_prep_value(value, connection)
    return value


def cold(tenant: int, count: int, seed: int) -> list[float]:
    """Runs inside, in a process that has just started: microseconds of its first look-up and of its second."""
    from integrations.store.lookup import callers_by_phone
    from tenants.scoping import tenant_scope

    chosen = random.Random(seed)
    with tenant_scope(tenant):
        return [_microseconds(lambda: callers_by_phone(phone(chosen.randrange(count)))) for _ in range(2)]


def warm(tenant: int, count: int, rounds: int) -> list[float]:
    """Runs inside: microseconds of each look-up, of numbers in no order."""
    from integrations.store.lookup import callers_by_phone
    from tenants.scoping import tenant_scope

    chosen = random.Random(1)
    with tenant_scope(tenant):
        callers_by_phone(phone(0))
        found = 0
        spent = []
        for _ in range(rounds):
            value = phone(chosen.randrange(2 * count))
            began = time.perf_counter()
            found += len(callers_by_phone(value))
            spent.append((time.perf_counter() - began) * 1e6)
    if not found:
        raise RuntimeError("no number was found: nothing was measured")
    return spent


def bare(url: str, tenant: int, count: int, rounds: int) -> list[float]:
    """One statement over the driver's own connection."""
    sql = BARE.format("?" if url.startswith("sqlite:") else "%s")
    chosen = random.Random(2)
    with servers.connected(url) as connection:
        connection.execute(sql, (tenant, phone(0))).fetchall()
        return [
            _microseconds(
                lambda: connection.execute(sql, (tenant, phone(chosen.randrange(2 * count)))).fetchall()
            )
            for _ in range(rounds)
        ]


def _microseconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--cold-starts", type=int, default=COLD_STARTS)
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            made = installation.call("benchmarks.lookup:load", count=options.contacts)
            print(f"{engine}: {options.contacts:,} contacts loaded in {made['seconds']:.0f} s", flush=True)
            known = {"tenant": made["tenant"], "count": options.contacts}
            starts = [
                installation.call("benchmarks.lookup:cold", **known, seed=seed)
                for seed in range(options.cold_starts)
            ]
            found = {
                "the first in a new process, with its connection": [one[0] for one in starts],
                "the second in a new process": [one[1] for one in starts],
                "in a warm process": installation.call(
                    "benchmarks.lookup:warm", **known, rounds=options.rounds
                ),
                "the bare statement": bare(installation.database_url, **known, rounds=options.rounds),
            }
        for name, values in found.items():
            rows.append(
                (name, engine, number(median(values)), number(percentile(values, 99)), number(max(values)))
            )
    print(f"\nWhose number it is, among {options.contacts:,} contacts\n")
    print(table(("look-up", "database", "p50, µs", "p99, µs", "worst, µs"), rows), flush=True)


if __name__ == "__main__":
    main()
