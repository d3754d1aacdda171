"""What it takes to find out whose number rings, among millions of contacts: the selector, and a bare query beside it.

Contacts with their numbers and addresses are loaded in bulk, by COPY on PostgreSQL. Then: the selector in a process that
has just started (with the connection that it has to open, and the one after that), the selector again and again in a warm
process, and the same question as one indexed statement over a bare connection of the driver. Half of the numbers exist.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

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
    _fill(Contact, tenant.pk, _contacts(count))
    _fill(ContactPoint, tenant.pk, _points(count))
    with connection.cursor() as cursor:
        # The visibility map is what index-only scans go by.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return {"tenant": tenant.pk, "seconds": time.perf_counter() - began}


def _contacts(count: int) -> Iterator[dict[str, Any]]:
    for place in range(count):
        name = f"Client {place}"
        yield {
            "id": _id(place), "name": name, "search_key": name.lower(), "phones": f'["{phone(place)}"]',
            "emails": f'["{_address(place)}"]' if place % 2 else "[]",
        }  # fmt: skip


def _points(count: int) -> Iterator[dict[str, Any]]:
    for place in range(count):
        found = [("phone", phone(place))] + ([("email", _address(place))] if place % 2 else [])
        for way, (type_, value) in enumerate(found):
            yield {"id": _id(2 * place + way), "record_id": _id(place), "type": type_, "value": value}


def _address(place: int) -> str:
    return f"client{place}@example.com"


def _id(place: int) -> UUID:
    return UUID(int=FIRST + place)


def _fill(model: Any, tenant_id: int, rows: Iterator[dict[str, Any]]) -> None:
    """As the driver takes them fastest. What does not differ from row to row is made once."""
    from django.db import connection, transaction

    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    blank = model(
        tenant_id=tenant_id, created_at=datetime.now(UTC), **({"kind": "contact"} if "kind" in names else {})
    )
    is_copied = connection.vendor == "postgresql"
    same = [_plain(field, getattr(blank, field.attname), is_copied=is_copied) for field in fields]
    places = {field.attname: place for place, field in enumerate(fields)}
    marks = ", ".join(["%s"] * len(fields))
    while chunk := list(islice(rows, CHUNK)):
        cells = []
        for row in chunk:
            one = list(same)
            for name, value in row.items():
                one[places[name]] = value.hex if isinstance(value, UUID) else value
            cells.append(one)
        with transaction.atomic(), connection.cursor() as cursor:
            if is_copied:
                with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
                    for one in cells:
                        copy.write_row(one)
            else:
                cursor.executemany(
                    f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})",
                    cells,
                )


def _plain(field: Any, value: Any, *, is_copied: bool) -> Any:
    from django.db import connection
    from django.db.models import JSONField

    if isinstance(field, JSONField):
        return json.dumps(value)
    return value if is_copied else field.get_db_prep_value(value, connection)


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
