"""What only shows with real threads and real commits: progress, cancelling, lost leases, the snapshot."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection

from exports.actions import cancel_export
from exports.cells import CellConverter
from exports.engine import monitor as monitors
from exports.engine.database import interrupter, snapshot
from exports.engine.failures import Stopped
from exports.lanes import LANE, RunExports
from exports.models import Export, State
from exports.pushdown import copy as copies
from exports.pushdown.copy import Copy
from exports.reader import Reader
from exports.tests.datasets import AUDIT
from exports.tests.support import ask, fresh, make_entries, path_of, read_csv
from tenants.models import AuditEntry, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant
from tenants.trail.triggers import erasing
from tenants.work import Leased, drain
from tenants.work.taking import take

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 60.0


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return make_tenant()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitors, "INTERVAL_SECONDS", 0.02)


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.01)


@pytest.fixture
def slow_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Blocks of ten rows, each held back until the next glance; set the event to let all go."""
    free = threading.Event()
    read, copied = Reader.blocks, Copy.blocks

    def slowly(blocks: Iterator[Any]) -> Generator[Any, None, None]:
        for block in blocks:
            yield block
            free.wait(0.05)

    monkeypatch.setattr(copies, "BLOCK_BYTES", 1)
    monkeypatch.setattr(copies, "LEAST_ROWS", 10)
    monkeypatch.setattr(Reader, "blocks", lambda self: slowly(read(self, 10)))
    monkeypatch.setattr(Copy, "blocks", lambda self: slowly(copied(self)))
    yield free
    free.set()


def test_progress_is_seen_while_it_runs(tenant: Tenant, slow_rows: threading.Event) -> None:
    make_entries(tenant, 5_000)
    export = ask(tenant)
    worker = in_thread(lambda: drain(LANE))

    wait_for(lambda: 0 < fresh(export).rows_done < 5_000)
    running = fresh(export)
    slow_rows.set()
    worker.join(DEADLINE)

    assert running.state == State.RUNNING
    assert running.rows_total is not None
    assert 0 <= running.percent < 100
    assert not path_of(export).exists() or fresh(export).state == State.DONE
    assert (fresh(export).state, fresh(export).rows_done) == (State.DONE, 5_000)


def test_a_running_export_stops_within_a_second(tenant: Tenant, slow_rows: threading.Event) -> None:
    make_entries(tenant, 5_000)
    export = ask(tenant)
    worker = in_thread(lambda: drain(LANE))
    wait_for(lambda: fresh(export).rows_done > 0)

    with tenant_scope(tenant):
        cancel_export(export)
    cancelled_at = time.monotonic()
    worker.join(DEADLINE)

    assert time.monotonic() - cancelled_at < 1
    assert fresh(export).state == State.CANCELLED
    assert list(path_of(export).parent.iterdir()) == []
    assert not Work.objects.filter(lane=LANE).exists()


def test_whoever_lost_the_lease_writes_nothing(tenant: Tenant, slow_rows: threading.Event) -> None:
    make_entries(tenant, 5_000)
    export = ask(tenant)
    worker = in_thread(lambda: drain(LANE))
    wait_for(lambda: fresh(export).rows_done > 0)

    Work.objects.filter(lane=LANE).update(lease=None)
    wait_for(lambda: not worker.is_alive())

    assert fresh(export).state in (State.RUNNING, State.DONE)
    slow_rows.set()
    with all_tenants():
        Work.objects.filter(lane=LANE).update(due="2020-01-01T00:00:00Z")
    drain(LANE)
    assert fresh(export).state == State.DONE
    assert len(read_csv(fresh(export))) == 5_001


def test_a_query_can_be_broken_off_from_another_thread(tenant: Tenant) -> None:
    endless = "SELECT count(*) FROM generate_series(1, 10000000000)"
    if connection.vendor == "sqlite":
        endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    interrupt = interrupter()
    threading.Timer(0.2, interrupt).start()
    began = time.monotonic()

    with pytest.raises(OperationalError), snapshot(), connection.cursor() as cursor:
        cursor.execute(endless)

    assert time.monotonic() - began < 5
    with all_tenants():
        assert Export.objects.count() == 0


def test_an_export_shows_one_moment(tenant: Tenant) -> None:
    make_entries(tenant, 10)

    def interfere() -> None:
        with all_tenants(), erasing():
            AuditEntry.objects.all().delete()
        make_entries(tenant, 3)

    with tenant_scope(tenant), snapshot():
        blocks = Reader(AUDIT, ["actor"], {}, tenant.zone).blocks(size=4)
        count = len(next(blocks))
        in_thread(interfere).join(DEADLINE)
        count += sum(map(len, blocks))
        again = sum(map(len, Reader(AUDIT, ["actor"], {}, tenant.zone).blocks(size=4)))

    assert (count, again) == (10, 10)
    with tenant_scope(tenant):
        assert sum(map(len, Reader(AUDIT, ["actor"], {}, tenant.zone).blocks())) == 3


def test_a_snapshot_cannot_write(tenant: Tenant) -> None:
    with pytest.raises(DatabaseError), snapshot():
        Tenant.objects.update(name="changed")

    tenant.refresh_from_db()
    assert tenant.name != "changed"
    Tenant.objects.update(name="writable again")


def test_reading_does_not_hold_up_writers(tenant: Tenant) -> None:
    make_entries(tenant, 10)

    with tenant_scope(tenant), snapshot():
        next(Reader(AUDIT, ["actor"], {}, tenant.zone).blocks(size=2))
        writer = in_thread(lambda: Tenant.objects.update(name="changed"))
        writer.join(60)
        assert not writer.is_alive()

    tenant.refresh_from_db()
    assert tenant.name == "changed"


class WaitsForCompany(RunExports):
    """Whoever has counted waits until another worker has counted, too, or there is none that could."""

    def __init__(self) -> None:
        super().__init__()
        self.have_counted = threading.Barrier(2)

    def held_back(self) -> Mapping[str, int]:
        found = super().held_back()
        with suppress(threading.BrokenBarrierError):
            self.have_counted.wait(0.5)
        return found


def test_two_workers_do_not_both_begin_the_last_export(tenant: Tenant) -> None:
    for _ in range(4):
        ask(tenant)
    one, another = WaitsForCompany(), WaitsForCompany()
    another.have_counted = one.have_counted
    begun: list[Leased] = []

    def look(worker: RunExports) -> None:
        with all_tenants():
            begun.extend(take(worker, worker.capacity))

    threads = [in_thread(partial(look, worker)) for worker in (one, another)]
    for thread in threads:
        thread.join(DEADLINE)

    assert len(begun) == 1
    assert Work.objects.filter(lane=LANE, lease__isnull=False).count() == 1


def test_a_snapshot_that_is_broken_off_while_rows_are_open_leaves_a_sound_connection(tenant: Tenant) -> None:
    """The query is broken off while nobody asks for its next row, and what ends the snapshot would be broken off as well."""
    make_entries(tenant, 50)

    with connection.cursor() as cursor:
        with suppress(Stopped), snapshot():
            cursor.execute("SELECT id FROM tenants_auditentry")
            cursor.fetchone()
            interrupter()()
            raise Stopped
        make_entries(tenant, 1)
    with tenant_scope(tenant):
        assert AuditEntry.objects.count() == 51


def test_the_next_export_of_a_worker_that_was_broken_off_is_written(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops between two blocks, while the query has more of them to give."""
    free = threading.Event()
    read, convert = Reader.blocks, CellConverter.convert

    def slowly(cells: CellConverter, rows: Any) -> Any:
        free.wait(0.1)
        return convert(cells, rows)

    monkeypatch.setattr(Reader, "copy", lambda self, dialect: None)
    monkeypatch.setattr(Reader, "blocks", lambda self: read(self, 10))
    monkeypatch.setattr(CellConverter, "convert", slowly)
    make_entries(tenant, 500)
    first = ask(tenant)
    following: list[Export] = []

    def work() -> None:
        drain(LANE)
        free.set()
        following.append(ask(tenant))
        drain(LANE)

    worker = in_thread(work)
    wait_for(lambda: fresh(first).rows_done > 0)
    with tenant_scope(tenant):
        cancel_export(first)
    worker.join(DEADLINE)

    assert [fresh(export).state for export in (first, *following)] == [State.CANCELLED, State.DONE]
