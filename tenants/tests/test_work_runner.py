"""The runner with real threads and real rows: everything gets done, whatever breaks in between."""

import threading
import uuid

import pytest
from django.db import OperationalError, connection, transaction

from tenants.models import Heartbeat, Tenant, Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Batched, Notebook, Pooled, expire, queue_rows, registered, wait_for
from tenants.work import Lane, Outcome, enqueue, store
from tenants.work import runner as machinery
from tenants.work.wake import runners

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def test_everything_is_worked_through(tenant, run):
    lane = Pooled()
    with registered(lane):
        subjects = queue_rows(lane, tenant, 300)

        run(lane)

        wait_for(lambda: not Work.objects.exists(), "the empty queue")
        assert sorted(lane.notes.subjects()) == sorted(subjects)


def test_outcomes_are_settled_in_batches(tenant, run):
    gate = run.gate()
    lane = Pooled(lambda row: gate.wait(60) and Outcome.done(row), capacity=40)
    with registered(lane):
        queue_rows(lane, tenant, 40)
        run(lane)
        wait_for(lambda: len(lane.notes.acted) == 40, "all rows in work at once")

        gate.set()

        wait_for(lambda: len(lane.notes.recorded) == 40, "40 recorded rows")
        assert len(lane.notes.batches) < 40


def test_a_wake_up_after_commit_is_enough(tenant, run, monkeypatch):
    monkeypatch.setattr(machinery, "IDLE_SECONDS", 600)
    lane = Pooled()
    with registered(lane):
        run(lane)
        wait_for(lambda: Heartbeat.objects.filter(kind="worker:upkeep").exists(), "the first turn")

        with transaction.atomic():
            queue_rows(lane, tenant)

        wait_for(lambda: lane.notes.recorded, "the woken lane's outcome")


def test_a_lost_wake_up_costs_one_poll_interval(tenant, run):
    lane = Pooled()
    with registered(lane):
        run(lane)
        runners.clear()

        store.insert(lane.name, [(uuid.uuid4(), tenant.pk, "g", None)])

        wait_for(lambda: lane.notes.recorded, "the polled row's outcome")


def test_a_lane_never_holds_more_than_its_capacity(tenant, run):
    gate, busy, peak = run.gate(), threading.Semaphore(0), []
    lock = threading.Lock()
    now = [0]

    def behaviour(row):
        with lock:
            now[0] += 1
            peak.append(now[0])
        busy.release()
        gate.wait(60)
        with lock:
            now[0] -= 1
        return Outcome.done(row)

    lane = Pooled(behaviour, capacity=3)
    with registered(lane):
        queue_rows(lane, tenant, 12)
        run(lane)
        for _ in range(3):
            assert busy.acquire(timeout=20)
        gate.set()
        wait_for(lambda: len(lane.notes.recorded) == 12, "12 recorded rows")

    assert max(peak) == 3


def test_a_defect_in_one_act_leaves_the_others_alone(tenant, run, caplog):
    lane = Pooled(lambda row: 1 / 0 if row.group == "bad" else Outcome.done(row))  # type: ignore[arg-type,return-value]
    with registered(lane):
        queue_rows(lane, tenant, group="bad")
        queue_rows(lane, tenant, 20)

        run(lane)

        wait_for(lambda: len(lane.notes.recorded) == 21, "21 outcomes")
        wait_for(lambda: Work.objects.count() == 1, "the settled rows")
        assert Work.objects.get().group == "bad"
        assert wait_for(lambda: Work.objects.filter(lease=None).first(), "the bad row put back").attempts == 1


def test_a_defect_in_record_holds_back_only_its_row(tenant, run, caplog):
    lane = Pooled()
    noted = lane.notes.record

    def record(outcomes):
        if any(outcome.row.group == "bad" for outcome in outcomes):
            raise ValueError("cannot be recorded")
        noted(outcomes)

    lane.record = record  # type: ignore[method-assign]
    with registered(lane):
        queue_rows(lane, tenant, group="bad")
        queue_rows(lane, tenant, 20)

        run(lane)

        wait_for(lambda: len(lane.notes.recorded) == 20, "20 recorded rows")
        bad = wait_for(lambda: Work.objects.filter(lease=None).first(), "the bad row put back")
        assert bad.group == "bad"
        assert "cannot be recorded" in caplog.text


def test_a_row_that_the_database_refuses_to_record_does_not_stop_the_lane(tenant, run, caplog):
    lane = Pooled()
    noted = lane.notes.record

    def record(outcomes):
        for outcome in outcomes:
            if outcome.row.group == "bad":
                Tenant.objects.create(number=tenant.number, name="taken")
        noted(outcomes)

    lane.record = record  # type: ignore[method-assign]
    with registered(lane):
        queue_rows(lane, tenant, group="bad")
        run(lane)
        queue_rows(lane, tenant, 5)

        wait_for(lambda: len(lane.notes.recorded) == 5, "5 recorded rows")


def test_a_defect_in_start_leaves_the_lane_alive(tenant, run, caplog):
    lane = Pooled()
    first = [True]
    usual = lane.start

    def start(rows, settle):
        if first.pop() if first else False:
            raise RuntimeError("no engine yet")
        usual(rows, settle)

    lane.start = start  # type: ignore[method-assign]
    with registered(lane):
        queue_rows(lane, tenant)
        run(lane)
        wait_for(lambda: Work.objects.filter(attempts=1, lease=None).exists(), "the row put back")

        queue_rows(lane, tenant)

        wait_for(
            lambda: any(outcome.verdict == "done" for outcome in lane.notes.recorded),
            "the next row's outcome",
        )


def test_a_database_that_goes_away_is_waited_for(tenant, run, monkeypatch, caplog):
    gate = run.gate()
    lane = Pooled(lambda row: gate.wait(60) and Outcome.done(row))
    refusals = []  # type: ignore[var-annotated]
    usual = store.settle

    def settle(*arguments):
        if len(refusals) < 3:
            refusals.append(1)
            connection.close()
            raise OperationalError("server closed the connection unexpectedly")
        usual(*arguments)

    monkeypatch.setattr(store, "settle", settle)
    with registered(lane):
        queue_rows(lane, tenant, 5)
        run(lane)

        gate.set()

        wait_for(lambda: len(lane.notes.recorded) == 5, "5 recorded rows")
        assert caplog.text.count("does not answer") == 1
        wait_for(lambda: "answers again" in caplog.text, "the all-clear")


@pytest.mark.engine("postgresql")
def test_cut_connections_are_replaced(tenant, run):
    lane = Pooled()
    with registered(lane):
        run(lane)
        queue_rows(lane, tenant, 5)
        wait_for(lambda: len(lane.notes.recorded) == 5, "the first rows")

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        queue_rows(lane, tenant, 5)

        wait_for(lambda: len(lane.notes.recorded) == 10, "the rows after the cut")


def test_stopping_lets_what_is_under_way_finish(tenant, run, monkeypatch):
    # The last outcome ends it: it does not wait for another look.
    monkeypatch.setattr(machinery, "IDLE_SECONDS", 600)
    gate, started = run.gate(), threading.Event()

    def behaviour(row):
        started.set()
        gate.wait(60)
        return Outcome.done(row)

    lane = Pooled(behaviour, capacity=1)
    with registered(lane):
        queue_rows(lane, tenant, 3)
        runner = run(lane)
        assert started.wait(60)

        assert runner.stop(0.05) is False
        gate.set()

        assert runner.stop(20) is True
        assert len(lane.notes.recorded) == 1
        assert Work.objects.filter(lease=None, attempts=0).count() == 2


def test_stopping_an_idle_runner_is_quick_and_ends_its_engine(tenant, run):
    lane = Pooled()
    ended = threading.Event()
    lane.stop = ended.set  # type: ignore[method-assign]
    with registered(lane):
        runner = run(lane)

        assert runner.stop(20) is True
        assert ended.is_set()


def test_long_work_keeps_its_lease(tenant, run):
    gate, started = run.gate(), threading.Event()

    def behaviour(row):
        started.set()
        gate.wait(60)
        return Outcome.done(row)

    lane = Pooled(behaviour, lease_seconds=0.3)
    with registered(lane):
        queue_rows(lane, tenant)
        runner = run(lane)
        assert started.wait(60)
        first_due = Work.objects.get().due
        wait_for(lambda: Work.objects.get().due > first_due and runner.wake() is None, "a longer lease")

        gate.set()

        wait_for(lambda: lane.notes.recorded, "the outcome")
        assert len(lane.notes.acted) == 1


def test_a_row_queued_again_in_the_middle_is_done_once_more(tenant, run):
    gate, started = run.gate(), threading.Event()

    def behaviour(row):
        if row.attempt == 1:
            started.set()
            gate.wait(60)
        return Outcome.done(row, result=row.attempt)

    lane = Pooled(behaviour)
    with registered(lane):
        (subject,) = queue_rows(lane, tenant)
        runner = run(lane)
        assert started.wait(60)
        enqueue(lane.name, [(subject, tenant.pk, "g", None)], again=True)
        wait_for(lambda: lane.notes.recorded, "the second run's outcome")

        gate.set()

        assert runner.stop(20) is True
        assert [outcome.result for outcome in lane.notes.recorded] == [2]
        assert not Work.objects.exists()


def test_a_lease_lost_in_the_middle_is_not_recorded_twice(tenant, run):
    gate, started = run.gate(), threading.Event()

    def behaviour(row):
        started.set()
        gate.wait(60)
        return Outcome.done(row)

    lane = Pooled(behaviour)
    with registered(lane):
        queue_rows(lane, tenant)
        runner = run(lane)
        assert started.wait(60)
        runner.stop(0)
        expire(lane.notes.acted[0])
        (elsewhere,) = store.lease(lane, 10)

        gate.set()
        assert runner.stop(20) is True

        assert lane.notes.recorded == []
        assert Work.objects.get().lease == elsewhere.lease


def test_batches_run_one_at_a_time(tenant, run):
    running, overlaps = threading.Lock(), []

    def behaviour(rows):
        overlaps.append(not running.acquire(blocking=False))
        outcomes = [Outcome.done(row) for row in rows]
        running.release()
        return outcomes

    lane = Batched(behaviour, capacity=10)
    with registered(lane):
        queue_rows(lane, tenant, 100)
        run(lane)
        wait_for(lambda: len(lane.notes.recorded) == 100, "100 recorded rows")

    assert not any(overlaps)


class Engine(Lane):
    """A lane with threads of its own, which settles rows one by one."""

    name = "test.engine"
    queue = "upkeep"

    def __init__(self) -> None:
        self.notes = Notebook()

    def start(self, rows, settle):
        for row in rows:
            threading.Thread(target=settle, args=([Outcome.done(row)],)).start()

    def record(self, outcomes):
        self.notes.record(outcomes)


def test_a_lane_with_its_own_engine_settles_from_any_thread(tenant, run):
    lane = Engine()
    with registered(lane):
        queue_rows(lane, tenant, 200)
        run(lane)

        wait_for(lambda: len(lane.notes.recorded) == 200, "200 recorded rows")


def test_acts_run_outside_any_transaction_and_see_every_tenant(tenant, run):
    seen = []

    def behaviour(row):
        from tenants.models import Extension

        seen.append((connection.in_atomic_block, Extension.objects.count()))
        return Outcome.done(row)

    lane = Pooled(behaviour)
    with registered(lane):
        queue_rows(lane, tenant)
        run(lane)
        wait_for(lambda: lane.notes.recorded, "the outcome")

    assert seen == [(False, 0)]
