"""What happens while a step of a run is under way: here, by the system's own request, and in a run of another system."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from integrations import records
from integrations.actions.delete_integration import delete_integration
from integrations.actions.edit_record import change_record, create_record
from integrations.actions.merge_records import Wish, merge_records
from integrations.actions.remove_records import remove_records
from integrations.actions.resolve_conflict import resolve_conflict
from integrations.actions.run_sync import LANE, run_sync
from integrations.actions.upsert_records import upsert_records
from integrations.capabilities import Change, Written
from integrations.models import (
    ConflictPolicy,
    Contact,
    Integration,
    Link,
    LinkStatus,
    PendingWrite,
    Resolution,
    RunState,
    SyncConflict,
    SyncDirection,
    SyncPlan,
    SyncRun,
)
from integrations.records import RecordKind
from integrations.store.batch import Batch
from integrations.store.owner import Owner
from integrations.sync import reading
from integrations.sync.sweep import start_due
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.sync.work import work
from integrations.tests.crm import TinyCrm
from integrations.tests.crm.connector import TinySession
from tenants.errors import RemoteRejected
from tenants.scoping import tenant_scope
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)  # whoever has read since then reads changes alone


@pytest.fixture
def target() -> Iterator[TinyCrm]:
    with TinyCrm().running() as running:
        yield running


@pytest.fixture
def second(integration: Integration, target: TinyCrm) -> Integration:
    return connect(integration.tenant, target, "Second")


def while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], **answer: Any) -> None:
    """Once, after the request and before its outcome is noted. `answer` stands for theirs."""
    write = TinySession.write
    left = [act]

    def written(self: TinySession, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        found = write(self, kind, changes)
        if not left:
            return found
        left.pop()()
        return tuple(Written(key=one.key, **answer) for one in changes) if answer else found

    monkeypatch.setattr(TinySession, "write", written)


def test_a_correction_that_comes_while_the_former_value_is_refused_is_written(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.EXPORT)
    ours = create_record(integration.tenant, CONTACT, {"name": "Anna", "comment": "bad"})
    while_writing(
        monkeypatch,
        lambda: change_record(integration.tenant, CONTACT, ours.pk, {"comment": "good"}),
        error=RemoteRejected("This comment is refused."),
    )
    crm.put("contacts", name="Anna")
    Link.objects.create(
        tenant=integration.tenant, integration=integration, kind=CONTACT, outside_id="1", record_id=ours.pk
    )

    assert run(plan).failed == 1
    waiting = PendingWrite.objects.get()
    assert (waiting.is_parked, waiting.error) == (False, "")

    assert run(plan).written == 1
    assert crm.objects["contacts"]["1"]["comment"] == "good"


def test_a_merge_while_a_record_is_written_stays(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH)
    crm.put("contacts", name="Anna")
    run(plan)
    theirs = Contact.objects.get()
    other = create_record(integration.tenant, CONTACT, {"name": "Anna Example"})
    change_record(integration.tenant, CONTACT, theirs.pk, {"comment": "likes lamps"})
    PendingWrite.objects.filter(record_id=other.pk).delete()
    while_writing(
        monkeypatch,
        lambda: merge_records(integration.tenant_id, Wish(CONTACT, other.pk, (theirs.pk,), {})),
    )

    run(plan)

    link = Link.objects.get()
    assert (link.record_id, link.parts is not None) == (other.pk, True)
    run(plan)
    assert only(crm)["name"] == "Anna Example"


def test_what_is_created_while_its_record_is_merged_is_the_survivors_object(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH)
    anna = create_record(
        integration.tenant, CONTACT, {"name": "Anna", "phones": ["+375291234570"], "comment": "x"}
    )
    survivor = create_record(integration.tenant, CONTACT, {"name": "Anna Example"})
    PendingWrite.objects.filter(record_id=survivor.pk).delete()
    while_writing(
        monkeypatch,
        lambda: merge_records(integration.tenant_id, Wish(CONTACT, survivor.pk, (anna.pk,), {})),
    )

    for _turn in range(3):
        run(plan)

    link = Link.objects.get()
    assert (link.record_id, link.is_moved) == (survivor.pk, False)
    assert only(crm)["name"] == "Anna Example"
    assert not PendingWrite.objects.exists()
    assert Contact.objects.filter(deleted_at=None).get().phones == ["+375291234570"]


def test_what_their_request_tells_while_a_record_is_written_is_remembered(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH, conflict_policy=ConflictPolicy.TARGET)
    crm.put("contacts", name="Anna", position="clerk")
    run(plan)
    ours = Contact.objects.get()
    change_record(integration.tenant, CONTACT, ours.pk, {"comment": "likes lamps"})
    owner = Owner.of(integration.pk)
    told = records.Contact(outside_id="1", name="Anna", position="director", comment="likes lamps")

    def they_tell() -> None:
        crm.put("contacts", "1", position="director")
        upsert_records(owner, CONTACT, [told])

    while_writing(monkeypatch, they_tell)
    run(plan)
    assert Link.objects.get().is_written

    # Changed there alone since: that is no conflict, though our side is right about those.
    crm.put("contacts", "1", position="owner")
    found = run(plan, is_full=True)

    assert found.conflicts == 0
    assert Contact.objects.get().position == "owner"


def test_what_goes_there_while_it_is_written_stays_gone(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH)
    crm.put("contacts", name="Anna")
    run(plan)
    change_record(integration.tenant, CONTACT, Contact.objects.get().pk, {"comment": "likes lamps"})
    owner = Owner.of(integration.pk)
    while_writing(monkeypatch, lambda: remove_records(owner, CONTACT, ["1"]))

    run(plan)

    assert Link.objects.get().status == LinkStatus.DELETED


def test_one_object_for_two_creations_is_linked_to_one_and_the_other_waits_for_a_person(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, direction=SyncDirection.EXPORT)
    for name in ("Anna", "Anne"):
        create_record(integration.tenant, CONTACT, {"name": name})
    while_writing(monkeypatch, lambda: None, outside_id="77")

    found = run(plan)

    assert (found.state, found.written, found.failed) == ("completed", 1, 1)
    assert Link.objects.get().outside_id == "77"
    waiting = PendingWrite.objects.get()
    assert (waiting.is_parked, waiting.is_uncertain) == (True, True)
    assert "belongs to another record" in waiting.error


def only(crm: TinyCrm) -> dict[str, Any]:
    (found,) = crm.objects["contacts"].values()
    return found


def in_conflict(crm: TinyCrm, integration: Integration) -> SyncPlan:
    plan = plan_for(
        integration, direction=SyncDirection.BOTH, conflict_policy=ConflictPolicy.MANUAL, full_cron=""
    )
    crm.put("contacts", name="Anna")
    run(plan)
    change_record(integration.tenant, CONTACT, Contact.objects.get().pk, {"name": "Anna of ours"})
    crm.put("contacts", "1", name="Anna of theirs")
    run(plan)
    assert SyncConflict.objects.get().resolution == ""
    return plan


@pytest.mark.parametrize("resolution", Resolution)
def test_what_else_was_changed_here_during_a_conflict_is_written_once_it_is_decided(
    crm: TinyCrm, integration: Integration, resolution: Resolution
) -> None:
    plan = in_conflict(crm, integration)
    change_record(integration.tenant, CONTACT, Contact.objects.get().pk, {"comment": "likes lamps"})
    run(plan)
    assert "comment" not in only(crm) or only(crm)["comment"] == ""

    resolve_conflict(SyncConflict.objects.get(), resolution)
    run(plan)

    assert only(crm)["comment"] == "likes lamps"
    assert only(crm)["name"] == f"Anna of {resolution}"


def test_a_conflict_ends_when_both_sides_come_to_the_same(crm: TinyCrm, integration: Integration) -> None:
    plan = in_conflict(crm, integration)
    crm.put("contacts", "1", name="Anna of ours")

    run(plan)

    conflict = SyncConflict.objects.get()
    assert conflict.resolution == Resolution.OURS
    assert conflict.resolved_at is not None
    # Whoever still has the page open takes nothing over that nobody has any more.
    assert not resolve_conflict(conflict, Resolution.THEIRS)
    assert Contact.objects.get().name == "Anna of ours"


def test_a_conflict_about_what_has_gone_there_brings_no_link_back(
    crm: TinyCrm, integration: Integration
) -> None:
    plan = in_conflict(crm, integration)
    remove_records(Owner.of(integration.pk), CONTACT, ["1"])

    resolve_conflict(SyncConflict.objects.get(), Resolution.OURS)

    assert Link.objects.get().status == LinkStatus.DELETED
    assert plan.pending.count() <= 1


# Two systems that have the same record.


@pytest.fixture
def shared(crm: TinyCrm, target: TinyCrm, integration: Integration, second: Integration) -> Contact:
    """One contact that both systems have."""
    crm.put("contacts", name="Anna", comment="a")
    target.put("contacts", name="Anna", comment="a")
    run(plan_for(integration))
    run(plan_for(second))
    first, other = Contact.objects.order_by("pk")
    merge_records(integration.tenant_id, Wish(CONTACT, first.pk, (other.pk,), {}))
    return first


def at_once(integration: Integration, first: Callable[[], object], other: Callable[[], object]) -> list[Any]:
    """Both, each in a thread and a connection of its own."""

    def one(act: Callable[[], object]) -> object:
        try:
            with tenant_scope(integration.tenant):
                return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(one, first), pool.submit(one, other)]
        return [future.exception(30) or future.result() for future in futures]


def test_two_systems_that_change_one_record_at_once_lose_nothing(
    integration: Integration, second: Integration, shared: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever has compared waits until the other one has too, or has to wait for the record.
    met = threading.Barrier(2)
    compare = Batch.compare

    def compared(self: Batch, *given: Any, **options: Any) -> Any:
        found = compare(self, *given, **options)
        with suppress(threading.BrokenBarrierError):
            met.wait(1)
        return found

    monkeypatch.setattr(Batch, "compare", compared)
    owners = [Owner.of(one.pk) for one in (integration, second)]

    found = at_once(
        integration,
        lambda: upsert_records(
            owners[0], CONTACT, [records.Contact(outside_id="1", name="Anna", comment="a", position="clerk")]
        ),
        lambda: upsert_records(
            owners[1], CONTACT, [records.Contact(outside_id="1", name="Anna", comment="a", address="Minsk")]
        ),
    )

    assert [one.updated for one in found] == [1, 1], found
    shared.refresh_from_db()
    assert (shared.position, shared.address) == ("clerk", "Minsk")


@pytest.mark.engine("postgresql")  # SQLite has one writer at a time: there is no at once
def test_a_record_that_goes_from_both_systems_at_once_is_gone(
    integration: Integration, second: Integration, shared: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.actions import remove_records as module

    met = threading.Barrier(2)
    now = timezone.now

    class Clock:
        @staticmethod
        def now() -> Any:
            """Called before the links are marked."""
            with suppress(threading.BrokenBarrierError):
                met.wait(1)
            return now()

    monkeypatch.setattr(module, "timezone", Clock)
    for _round in range(3):
        met.reset()
        Link.objects.update(status=LinkStatus.ACTIVE)
        Contact.objects.filter(pk=shared.pk).update(deleted_at=None)
        owners = [Owner.of(one.pk) for one in (integration, second)]

        found = at_once(integration, *(partial(remove_records, one, CONTACT, ["1"]) for one in owners))

        assert found == [1, 1]
        shared.refresh_from_db()
        assert shared.deleted_at is not None


# Runs that end at once, and what is due while one ends.


@pytest.mark.engine("postgresql")  # SQLite has one writer at a time: there is no at once
def test_two_runs_with_news_for_one_another_end_at_once(
    crm: TinyCrm,
    target: TinyCrm,
    integration: Integration,
    second: Integration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm.put("contacts", name="Anna")
    target.put("contacts", name="Boris")
    plans = [plan_for(one, direction=SyncDirection.BOTH, watermark=LONG_AGO) for one in (integration, second)]
    runs = [run_sync(plan) for plan in plans]
    met = threading.Barrier(2)
    finish = reading.finish_reading

    def finished(job: Any) -> None:
        """Both have kept their page, and each has to write what the other one read."""
        with suppress(threading.BrokenBarrierError):
            met.wait(1)
        finish(job)

    monkeypatch.setattr(reading, "finish_reading", finished)

    found = at_once(integration, *(partial(work, SyncRun.objects.get(pk=one.pk), 30) for one in runs))

    assert found == [True, True]
    assert {one.state for one in SyncRun.objects.all()} == {RunState.COMPLETED}
    assert all(plan.next_due_at is not None for plan in SyncPlan.objects.all())
    for plan in plans:
        run(plan)
    for system in (crm, target):
        assert sorted(one["name"] for one in system.objects["contacts"].values()) == ["Anna", "Boris"]


@pytest.mark.engine("postgresql")
def test_a_run_that_ends_while_its_plan_falls_due_does_not_wait_for_whoever_waits_for_it(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.put("contacts", name="Anna")
    plan = plan_for(integration, watermark=LONG_AGO, next_due_at=timezone.now() - timedelta(minutes=1))
    ending = run_sync(plan)
    ends = threading.Event()
    finish = reading.finish_reading

    def finished(job: Any) -> None:
        ends.set()
        deadline = time.monotonic() + 10
        while not is_anybody_waiting() and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        finish(job)

    monkeypatch.setattr(reading, "finish_reading", finished)

    def swept() -> int:
        assert ends.wait(10)
        return start_due()

    found = at_once(integration, partial(work, SyncRun.objects.get(pk=ending.pk), 30), swept)

    assert found == [True, 1]
    ending.refresh_from_db()
    assert ending.state == RunState.COMPLETED
    assert SyncRun.objects.filter(plan=plan, state=RunState.WAITING).count() == 1


@pytest.mark.engine("postgresql")
def test_an_integration_is_deleted_while_a_page_of_its_run_is_kept(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = crm.put("contacts", name="Anna")
    plan = plan_for(integration)
    run(plan)
    crm.put("contacts", number, name="Anna, who was changed")
    under_way = run_sync(plan)
    begins = threading.Event()
    upsert = reading.upsert_records

    def upserted(*given: Any) -> Any:
        begins.set()
        deadline = time.monotonic() + 10
        while not is_anybody_waiting() and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        return upsert(*given)

    monkeypatch.setattr(reading, "upsert_records", upserted)

    def delete() -> None:
        assert begins.wait(10)
        delete_integration(Integration.objects.get(pk=integration.pk))

    found = at_once(integration, partial(work, SyncRun.objects.get(pk=under_way.pk), 30), delete)

    assert found == [True, None]
    assert not Integration.objects.exists()
    assert not SyncRun.objects.exists()
    assert Contact.objects.get().name.startswith("Anna")


def test_an_integration_that_is_deleted_while_it_is_asked_ends_its_run_in_silence(
    crm: TinyCrm, integration: Integration
) -> None:
    crm.put("contacts", name="Anna")
    plan = plan_for(integration)
    under_way = run_sync(plan)
    crm.between_pages = lambda: in_scope(
        integration, lambda: delete_integration(Integration.objects.get(pk=integration.pk))
    )

    drain(LANE)

    assert not Integration.objects.exists()
    assert not SyncRun.objects.filter(pk=under_way.pk).exists()
    assert not Contact.objects.exists()


def in_scope(integration: Integration, act: Callable[[], object]) -> None:
    """In the thread of the simulator."""
    try:
        with tenant_scope(integration.tenant):
            act()
    finally:
        connections.close_all()


def is_anybody_waiting() -> bool:
    """Whether another connection waits for a lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
