"""Cancelling a running export: wherever it is, it stops within a second and leaves nothing behind."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL

from exports.actions import cancel_export
from exports.engine import files
from exports.lanes import LANE
from exports.models import Export, State
from exports.pushdown.copy import Copy
from exports.pushdown.dialects import Dialect
from exports.reader import Reader
from exports.tests.support import ask, fresh, make_entries, path_of
from exports.tests.test_threads import DEADLINE, in_thread, wait_for
from tenants.models import Tenant, Work
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

read, copied = Reader.blocks, Reader.copy
pytestmark = pytest.mark.django_db(transaction=True)
ENDLESS = {
    "postgresql": "(SELECT count(*) FROM generate_series(1, 10000000000))",
    "sqlite": "(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n)",
}


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return make_tenant()


def stop(tenant: Tenant, export: Export, worker: Any) -> float:
    """Seconds from the wish to the end of the work."""
    with tenant_scope(tenant):
        cancel_export(export)
    began = time.monotonic()
    worker.join(DEADLINE)
    return time.monotonic() - began


def assert_nothing_is_left(export: Export) -> None:
    assert fresh(export).state == State.CANCELLED
    assert list(path_of(export).parent.iterdir()) == []
    assert not Work.objects.filter(lane=LANE).exists()


def endlessly(reader: Reader, size: int = 2_000) -> Iterator[Any]:
    while True:
        yield from read(reader, size)


def endless_copy(reader: Reader, dialect: Dialect) -> Copy | None:
    """The same rows a thousand million times."""
    made = copied(reader, dialect)
    if made is None:
        return None
    begin = "COPY (SELECT q.* FROM (SELECT generate_series(1, 1000000000)) AS n, ("
    sql = made.sql.replace("COPY (", begin, 1).replace(") TO STDOUT", ") AS q) TO STDOUT", 1)
    return replace(made, sql=sql)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_while_the_server_still_sorts(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    make_entries(tenant, 3)
    endless = RawSQL(ENDLESS[connection.vendor], ())
    monkeypatch.setattr(Reader, "_finish", lambda self, rows: rows.order_by(endless, "id"))
    export = ask(tenant, format=format)
    worker = in_thread(lambda: drain(LANE))
    wait_for(lambda: fresh(export).rows_total is not None)

    assert stop(tenant, export, worker) < 1
    assert_nothing_is_left(export)


@pytest.mark.parametrize(
    ("format", "options"),
    [("csv", {}), ("csv", {"compress": "zip"}), ("csv", {"compress": "gzip"}), ("xlsx", {}), ("xml", {})],
)
def test_in_the_middle_of_the_rows(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, format: str, options: dict[str, str]
) -> None:
    """Rows come without end, as the database makes them, and are packed as they come."""
    make_entries(tenant, 3)
    monkeypatch.setattr(Reader, "blocks", endlessly)
    monkeypatch.setattr(Reader, "copy", endless_copy)
    export = ask(tenant, format=format, options=options)
    worker = in_thread(lambda: drain(LANE))
    wait_for(lambda: fresh(export).rows_done > 0)

    assert stop(tenant, export, worker) < 1
    assert_nothing_is_left(export)


def test_while_the_checksum_is_computed(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    make_entries(tenant, 2_000)
    monkeypatch.setattr(files, "BUFFER", 16)
    seal = files.seal

    def sealed_again_and_again(stream: Any, check: Any) -> Any:
        while True:  # as a file that never ends
            seal(stream, check)

    monkeypatch.setattr(files, "seal", sealed_again_and_again)
    export = ask(tenant)
    worker = in_thread(lambda: drain(LANE))
    wait_for(lambda: fresh(export).rows_done == 2_000)

    assert stop(tenant, export, worker) < 1
    assert_nothing_is_left(export)
