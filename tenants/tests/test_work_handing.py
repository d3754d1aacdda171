"""Rows that a process hands on to its own runner: begun at once, and as safe as any other."""

import threading
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tenants.models import Tenant, Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, registered, wait_for
from tenants.tests.running import Running
from tenants.work import Leased, Outcome, hand_on
from tenants.work import runner as machinery
from tenants.work.lanes import Settle

pytestmark = pytest.mark.django_db(transaction=True)


class Handed(Pooled):
    """Notes what was at hand of the rows that it was handed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.at_hand: dict[uuid.UUID, Any] = {}

    def start_with(self, rows: list[Leased], at_hand: Mapping[uuid.UUID, Any], settle: Settle) -> None:
        self.at_hand.update({row.subject: at_hand.get(row.subject) for row in rows})
        self.start(rows, settle)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture(autouse=True)
def never_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found by polling would hide what was not handed on."""
    monkeypatch.setattr(machinery, "IDLE_SECONDS", 600)


def hand(lane: Handed, tenant: Tenant, groups: str) -> list[uuid.UUID]:
    subjects = [uuid.uuid4() for _group in groups]
    entries = [(subject, tenant.pk, group, None) for subject, group in zip(subjects, groups, strict=True)]
    with transaction.atomic():
        hand_on(lane.name, entries, {subject: f"known of {subject}" for subject in subjects})
    return subjects


def idle(run: Running, lane: Handed) -> Any:
    """A runner that has looked and found nothing."""
    runner = run(lane)
    wait_for(lambda: runner.places(["g"]), "a runner that is not behind")
    return runner


def test_what_is_handed_on_is_begun_with_what_is_known_and_settled(tenant, run):
    lane = Handed()
    with registered(lane):
        idle(run, lane)

        subjects = hand(lane, tenant, "abc")

        wait_for(lambda: len(lane.notes.recorded) == 3, "three recorded rows")
        assert lane.at_hand == {subject: f"known of {subject}" for subject in subjects}
        assert [row.attempt for row in lane.notes.acted] == [1, 1, 1]
        assert {(row.tenant_id, row.group) for row in lane.notes.acted} == {
            (tenant.pk, group) for group in "abc"
        }
        wait_for(lambda: not Work.objects.exists(), "the empty queue")


def test_nothing_is_begun_before_the_commit_nor_after_a_rollback(tenant, run):
    lane = Handed()
    with registered(lane):
        idle(run, lane)

        with transaction.atomic():
            hand_on(lane.name, [(uuid.uuid4(), tenant.pk, "g", None)], {})
            assert Work.objects.get().lease is not None
            assert lane.notes.acted == []
            transaction.set_rollback(True)

        assert not Work.objects.exists()
        subjects = hand(lane, tenant, "g")
        wait_for(lambda: lane.notes.recorded, "a row that was committed")
        assert lane.notes.subjects() == subjects


def test_no_group_gets_more_than_its_share(tenant, run):
    gate = run.gate()
    lane = Handed(lambda row: gate.wait(60) and Outcome.done(row), per_group=2)
    with registered(lane):
        idle(run, lane)

        hand(lane, tenant, "aaaab")

        wait_for(lambda: len(lane.notes.acted) == 3, "two of the one and one of the other")
        assert sorted(row.group for row in lane.notes.acted) == ["a", "a", "b"]
        assert Work.objects.filter(group="a", lease__isnull=True).count() == 2
        gate.set()
        wait_for(lambda: len(lane.notes.recorded) == 5, "those that waited")


def test_a_runner_that_is_behind_is_handed_nothing(tenant, run):
    gate = run.gate()
    lane = Handed(lambda row: gate.wait(60) and Outcome.done(row), capacity=2)
    with registered(lane):
        idle(run, lane)
        hand(lane, tenant, "abcd")
        wait_for(lambda: len(lane.notes.acted) == 2, "as many as there is room for")

        hand(lane, tenant, "e")

        assert len(lane.at_hand) == 2
        assert Work.objects.filter(lease__isnull=True).count() == 3
        gate.set()
        wait_for(lambda: len(lane.notes.recorded) == 5, "all of them")


def test_without_a_runner_the_rows_wait_for_one(tenant, run):
    lane = Handed()
    with registered(lane):
        subjects = hand(lane, tenant, "ab")
        assert Work.objects.filter(lease__isnull=True).count() == 2

        run(lane)

        wait_for(lambda: len(lane.notes.recorded) == 2, "both rows")
        assert sorted(lane.notes.subjects()) == sorted(subjects)
        assert lane.at_hand == {}


def test_a_runner_that_stops_before_the_commit_gives_the_rows_back(tenant, run):
    lane = Handed()
    with registered(lane):
        runner = idle(run, lane)

        with transaction.atomic():
            hand_on(lane.name, [(uuid.uuid4(), tenant.pk, "g", None)], {})
            assert Work.objects.get().lease is not None
            stopper = threading.Thread(target=runner.stop, args=(20,))
            stopper.start()
            wait_for(lambda: not runner.places(["g"]), "a runner that is told to stop")

        stopper.join(60)
        left = Work.objects.get()
        assert (left.lease, left.attempts) == (None, 0)
        assert lane.notes.acted == []


def test_a_subject_that_is_queued_already_is_not_begun_twice(tenant, run):
    gate = run.gate()
    lane = Handed(lambda row: gate.wait(60) and Outcome.done(row))
    with registered(lane):
        idle(run, lane)
        [subject] = hand(lane, tenant, "g")
        wait_for(lambda: lane.notes.acted, "the row in work")

        with transaction.atomic():
            hand_on(lane.name, [(subject, tenant.pk, "g", None)], {})

        gate.set()
        wait_for(lambda: not Work.objects.exists(), "the empty queue")
        assert lane.notes.subjects() == [subject]


def test_a_row_whose_process_died_becomes_due_when_its_lease_ends(tenant, run):
    lane = Handed()
    with registered(lane):
        runner = idle(run, lane)
        with transaction.atomic():
            hand_on(lane.name, [(uuid.uuid4(), tenant.pk, "g", None)], {})
            transaction.get_connection().run_on_commit.clear()  # the process dies between commit and beginning

        Work.objects.update(due=timezone.now())
        runner.wake()

        wait_for(lambda: lane.notes.recorded, "the row that was found again")
        assert [row.attempt for row in lane.notes.acted] == [2]
