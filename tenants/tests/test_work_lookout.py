"""The look for all lanes at once: it names those with something due, costs one statement, and never writes."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Heartbeat, Tenant, Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, queue_rows, registered, wait_for
from tenants.work import lookout, store
from tenants.work import runner as machinery
from tenants.work.lookout import Lookout, due_lanes
from tenants.work.taking import take
from tenants.work.wake import heard, runners

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ["test.first", "test.second", "test.third"]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@contextmanager
def looking(*names: str) -> Iterator[Lookout]:
    found = Lookout(names, heard)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        found.join(60)
        assert not found.is_alive()


def insert(name: str, tenant: Tenant, due: Any = None) -> None:
    store.insert(name, [(uuid.uuid4(), tenant.pk, "g", due)])


def test_lanes_with_something_due_are_named_by_one_statement(tenant: Tenant) -> None:
    insert("test.first", tenant)
    insert("test.first", tenant)
    insert("test.second", tenant, timezone.now() + timedelta(hours=1))
    insert("test.unknown", tenant)

    with CaptureQueriesContext(connection) as asked:
        assert due_lanes(NAMES) == ["test.first"]

    assert len(asked) == 1


def test_what_is_leased_is_not_due(tenant: Tenant) -> None:
    lane = Pooled()
    with registered(lane):
        queue_rows(lane, tenant, 3)
        assert due_lanes([lane.name]) == [lane.name]

        assert len(take(lane, 10)) == 3

        assert due_lanes([lane.name]) == []


def test_a_row_that_nobody_rang_for_is_found_when_it_becomes_due(tenant, run, monkeypatch) -> None:
    monkeypatch.setattr(machinery, "IDLE_SECONDS", 600)
    lane = Pooled()
    with registered(lane):
        run(lane)
        wait_for(lambda: Heartbeat.objects.filter(kind="worker:upkeep").exists(), "the first turn")
        insert(lane.name, tenant, timezone.now() + timedelta(seconds=0.5))
        assert runners[lane.name].is_alive()

        with looking(lane.name):
            wait_for(lambda: lane.notes.recorded, "the row's outcome")

    assert not Work.objects.exists()


def test_it_goes_on_after_the_database_was_away(tenant, monkeypatch) -> None:
    answers: list[Any] = [OperationalError("away"), OperationalError("away"), ["test.first"]]
    named: list[str] = []

    def asked(names: list[str]) -> list[str]:
        answer = answers.pop(0) if answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(lookout, "due_lanes", asked)
    monkeypatch.setattr("tenants.tests.test_work_lookout.heard", named.append)

    with looking("test.first"):
        wait_for(lambda: named, "the lane's name")

    assert named == ["test.first"]
