"""A worker process that is killed in the middle of a synchronisation: the next one goes on where the last page was committed."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from integrations.actions.run_sync import run_sync
from integrations.models import Contact, Integration, Link, LinkStatus, RunState, SyncDirection, SyncRun
from integrations.sync.tests.conftest import connect, plan_for
from integrations.tests.crm import TinyCrm
from tenants.models import Event, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.lanes import wait_for
from tenants.tests.workers import Workers
from tests.processes import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(900)]

PAGES, PER_PAGE, KILLS = 40, 5, 3


@pytest.fixture
def crm() -> Iterator[TinyCrm]:
    with TinyCrm(page=PER_PAGE).running() as running:
        running.fail("latency", seconds=0.02)
        yield running


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path, "integrations.sync.tests.worker", "integrations")
    made.environment |= {
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "EGRESS_ALLOW": "127.0.0.0/8",
        "BROKER_URL": "filesystem://",
    }
    yield made
    made.end()


def killed_at(workers: Workers, crm: TinyCrm, count: int) -> None:
    """A worker that dies, without a word, as the CRM gets so many more requests."""
    reached = len(crm.requests) + count
    worker = workers.start()
    assert crm.wait_until(lambda: len(crm.requests) >= reached, PATIENCE_SECONDS), workers.log()
    worker.kill()
    worker.wait()


def ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.is_finished


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    crm: TinyCrm, integration: Integration, workers: Workers
) -> None:
    chance = random.Random(20261122)
    plan = plan_for(integration)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(PAGES * PER_PAGE)]
    for kept in ("first", "gone"):
        made = run_sync(plan, is_full=True, allows_deletions=True)
        steps = 0
        for _kill in range(KILLS if kept == "first" else 1):
            killed_at(workers, crm, chance.randint(2, 9))
            made.refresh_from_db()
            assert not made.is_finished
            assert made.steps >= steps  # what was committed stays
            steps = made.steps
        before = len(crm.requests)
        workers.start()
        wait_for(partial(ended, made), "the end of the run", PATIENCE_SECONDS)
        for worker in workers.running:
            worker.kill()
            worker.wait()
        assert (made.state, made.reason, made.failed) == (RunState.COMPLETED, "", 0)
        # It went on from its place: of the first run every page but those that were read already.
        if kept == "first":
            assert len(crm.requests) - before <= PAGES - steps + 2
            assert (made.created, made.updated, made.read) == (PAGES * PER_PAGE, 0, PAGES * PER_PAGE)
            for id in ids[:7]:
                crm.remove("contacts", id)
            for id in ids[7:17]:
                crm.put("contacts", id, name=f"Bob {id}")
    assert (made.updated, made.deleted) == (10, 7)

    there = {id: row["name"] for id, row in crm.objects["contacts"].items()}
    links = Link.objects.exclude(status=LinkStatus.DELETED)
    rows = Contact.objects.in_bulk()
    assert {link.outside_id: rows[link.record_id].name for link in links} == there
    assert Contact.objects.count() == Link.objects.count() == PAGES * PER_PAGE
    told = list(Event.objects.filter(type__startswith="contact.").values_list("type", flat=True))
    assert [told.count(f"contact.{what}") for what in ("created", "updated", "deleted")] == [200, 10, 7]
    assert Event.objects.filter(type="sync.completed").count() == 2


def test_a_worker_that_is_killed_while_it_creates_makes_nothing_twice(
    crm: TinyCrm, integration: Integration, tenant: Tenant, workers: Workers
) -> None:
    """A CRM that does not know our key again: what may have been created there is left to a person."""
    with TinyCrm().running() as target, tenant_scope(tenant):
        target.forgets_keys = True
        for one in range(30):
            crm.put("contacts", name=f"Anna {one}")
        crm.clear_faults()
        writes = plan_for(connect(tenant, target, "Second"), direction=SyncDirection.BOTH)
        run_sync(plan_for(integration))
        first = workers.start()
        wait_for(lambda: Contact.objects.count() == 30, "all contacts", PATIENCE_SECONDS)
        first.kill()
        first.wait()
        # Its answers are late, so that the worker dies while it waits for one.
        target.fail("latency", seconds=0.1, method="POST")
        made = run_sync(writes)

        killed_at(workers, target, 8)
        workers.start()
        wait_for(lambda: ended(made), "the end of the run", PATIENCE_SECONDS)

        names = [row["name"] for row in target.objects["contacts"].values()]
        assert len(names) == len(set(names))
        parked = list(writes.pending.filter(is_parked=True))
        assert 1 <= len(parked) <= 2  # a batch of two was under way
        assert all("look there" in one.error for one in parked)
        assert 28 <= made.written + len(parked) <= 30
        assert made.state == RunState.COMPLETED
