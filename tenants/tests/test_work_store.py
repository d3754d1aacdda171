"""Leased work: what may be taken, by whom, and whose outcome counts."""

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tenants.models import Tenant, Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Batched, Pooled, expire, queue_rows, registered
from tenants.work import Outcome, cancel, drain, enqueue, store
from tenants.work.fair import LOOKAHEAD

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def lane():
    lane = Pooled()
    with registered(lane):
        yield lane


def test_enqueue_in_a_rolled_back_transaction_leaves_nothing(tenant, lane):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        queue_rows(lane, tenant)
        1 / 0  # noqa: B018

    assert not Work.objects.exists()


def test_only_due_rows_are_leased_oldest_first(tenant, lane):
    now = timezone.now()
    later, newest, oldest = (uuid.uuid4() for _ in range(3))
    enqueue(
        lane.name,
        [
            (later, tenant.pk, "g", now + timedelta(hours=1)),
            (newest, tenant.pk, "g", now - timedelta(minutes=1)),
            (oldest, tenant.pk, "g", now - timedelta(minutes=2)),
        ],
    )

    first = store.lease(lane, 1)
    rest = store.lease(lane, 10)

    assert [row.subject for row in first] == [oldest]
    assert [row.subject for row in rest] == [newest]
    assert store.lease(lane, 10) == []


def test_a_leased_row_carries_what_was_queued(tenant, lane):
    (subject,) = queue_rows(lane, tenant, group="north")

    (row,) = store.lease(lane, 10)

    assert (row.subject, row.tenant_id, row.group, row.attempt) == (subject, tenant.pk, "north", 1)


def test_other_lanes_rows_stay(tenant, lane):
    other = Pooled(name="test.other")
    with registered(other):
        queue_rows(other, tenant)

        assert store.lease(lane, 10) == []
        assert len(store.lease(other, 10)) == 1


def test_groups_never_exceed_their_share(tenant, lane):
    lane.per_group = 2
    queue_rows(lane, tenant, 5, group="a")
    queue_rows(lane, tenant, 5, group="b")

    taken = [row.group for row in store.lease(lane, 100)]

    assert sorted(taken) == ["a", "a", "b", "b"]


def test_what_is_in_flight_counts_against_the_share(tenant, lane):
    lane.per_group = 2
    for group in "abc":
        queue_rows(lane, tenant, 5, group=group)

    taken = [row.group for row in store.lease(lane, 100, {"a": 2, "b": 1, "elsewhere": 3})]

    assert sorted(taken) == ["b", "c", "c"]


def test_a_dead_group_with_thousands_of_rows_starves_nobody(tenant, lane):
    lane.per_group = 4
    queue_rows(lane, tenant, 5000, group="dead")
    queue_rows(lane, tenant, 1, group="alive")

    first = store.lease(lane, 64)
    queue_rows(lane, tenant, 1, group="alive too")
    second = store.lease(lane, 64, Counter(row.group for row in first))

    assert [row.group for row in first] == ["dead"] * 4 + ["alive"]
    assert [row.group for row in second] == ["alive too"]


def test_among_crowded_groups_the_longest_waiting_come_first_and_each_has_its_share(tenant, lane):
    lane.per_group = 2
    now = timezone.now()
    for number, group in enumerate("abcdefghij"):
        queue_rows(lane, tenant, 40, group=group, due=now - timedelta(minutes=number))

    rows = store.lease(lane, 8, {"j": 2, "i": 1, "h": -1})

    assert Counter(row.group for row in rows) == {"i": 1, "h": 3, "g": 2, "f": 2}


class Steps:
    """How much one lease costs: rows and index entries that PostgreSQL reads, instructions that SQLite carries out."""

    def __init__(self, lane: Pooled, limit: int, taken: dict[str, int]) -> None:
        connection.ensure_connection()
        self.count = self.blocks = 0
        if connection.vendor == "postgresql":
            with connection.execute_wrapper(self._explain):
                self.rows = store.lease(lane, limit, taken)
        else:
            connection.connection.set_progress_handler(self._step, 1)
            self.rows = store.lease(lane, limit, taken)
            connection.connection.set_progress_handler(None, 0)

    def _step(self) -> int:
        self.count += 1
        return 0

    def _explain(self, execute, sql, params, many, context):
        if "tenants_work" not in sql:
            return execute(sql, params, many, context)
        with transaction.atomic():
            hints, semicolon, statement = sql.rpartition("; ")
            execute(
                f"{hints}{semicolon}EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}",
                params,
                many,
                context,
            )
            while context["cursor"].description is None:
                context["cursor"].nextset()
            [(plan,)] = context["cursor"].fetchall()
            transaction.set_rollback(True)
        self.count += _read(plan[0]["Plan"])
        self.blocks += plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
        return execute(sql, params, many, context)


def _read(node: dict) -> int:
    own = 0
    if "Scan" in node["Node Type"] and node.get("Relation Name") == "tenants_work":
        left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        own = int((node["Actual Rows"] + left_out) * node["Actual Loops"])
    return own + sum(_read(child) for child in node.get("Plans", ()))


def _count_another_lane(lane: Pooled) -> None:
    """As it is after a quiet time: whatever was counted belonged to others."""
    found = list(Work.objects.filter(lane=lane.name).values_list("id", flat=True))
    Work.objects.filter(id__in=found).update(lane="calm")
    for number in range(200):
        enqueue(f"calm.{number % 40}", [(uuid.uuid4(), None, "", None)])
    _count_rows()
    Work.objects.filter(id__in=found).update(lane=lane.name)
    Work.objects.filter(lane__startswith="calm").delete()


def _count_rows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_work")


@pytest.mark.parametrize("is_stale", [False, True], ids=["fresh statistics", "stale statistics"])
def test_a_hundred_thousand_due_rows_of_one_group_cost_the_others_nothing(tenant, lane, is_stale):
    """Neither more to read for each lease of theirs, nor anything that grows with what may not be taken.

    Not even to a planner who last counted when the queue was nearly empty.
    """
    lane.per_group = 64
    taken = {"dead": 64}

    def neighbours() -> list[str]:
        return [
            f"{number:02}" for number in range(20) for _ in queue_rows(lane, tenant, 5, group=f"{number:02}")
        ]

    enqueue(lane.name, [(uuid.uuid4(), tenant.pk, "dead", None) for _ in range(2_000)])
    wanted = neighbours()
    few = Steps(lane, 256, taken)
    Work.objects.exclude(group="dead").delete()
    if is_stale:
        _count_another_lane(lane)
    enqueue(lane.name, [(uuid.uuid4(), tenant.pk, "dead", None) for _ in range(98_000)])
    if not is_stale:
        _count_rows()
    assert wanted == neighbours()
    many = Steps(lane, 256, taken)

    assert sorted(row.group for row in few.rows) == sorted(row.group for row in many.rows) == wanted
    assert many.count <= few.count * 1.1
    if connection.vendor == "postgresql":
        # One look at the head, a few probes for each group, and the rows themselves: found, locked, written.
        assert many.count <= 256 * LOOKAHEAD + 3 * 21 + 3 * 100 + 50
        # An index is deeper for more rows, and walked to where its rows are: not beyond.
        assert many.blocks <= few.blocks * 2


def test_lease_and_settle_take_a_fixed_number_of_queries(tenant, lane, django_assert_num_queries):
    lane.per_group = 100
    queue_rows(lane, tenant, 20)

    with django_assert_num_queries(1):
        rows = store.lease(lane, 20)
    with django_assert_num_queries(4):  # savepoint, delete, put back, release
        store.settle(
            lane, [Outcome.done(row) for row in rows[:10]] + [Outcome.retry(row, 5) for row in rows[10:]]
        )

    assert Work.objects.count() == 10


def test_thousands_of_rows_fit_into_one_call(tenant, lane):
    enqueue(lane.name, [(uuid.uuid4(), tenant.pk, "g", None) for _ in range(7000)])

    assert Work.objects.count() == 7000


def test_a_done_row_leaves_and_is_recorded(tenant, lane):
    queue_rows(lane, tenant)
    (row,) = store.lease(lane, 10)

    store.settle(lane, [Outcome.done(row, result="fine")])

    assert not Work.objects.exists()
    assert [outcome.result for outcome in lane.notes.recorded] == ["fine"]


def test_a_retried_row_is_due_after_its_delay(tenant, lane):
    queue_rows(lane, tenant)
    (row,) = store.lease(lane, 10)
    before = timezone.now()

    store.settle(lane, [Outcome.retry(row, 60)])

    work = Work.objects.get()
    assert work.lease is None
    assert work.attempts == 1
    assert before + timedelta(seconds=59) < work.due < timezone.now() + timedelta(seconds=61)
    assert store.lease(lane, 10) == []
    assert [outcome.verdict for outcome in lane.notes.recorded] == ["retry"]


def test_each_row_of_a_batch_gets_its_own_delay(tenant, lane):
    queue_rows(lane, tenant, 3)
    rows = store.lease(lane, 10)

    store.settle(lane, [Outcome.retry(row, delay) for row, delay in zip(rows, (0, 100, 1000), strict=True)])

    assert [row.id for row in store.lease(lane, 10)] == [rows[0].id]
    dues = list(Work.objects.order_by("id").values_list("due", flat=True))
    assert timedelta(seconds=890) < dues[2] - dues[1] < timedelta(seconds=910)


def test_attempts_count_up_but_not_under_back_pressure(tenant, lane):
    queue_rows(lane, tenant)
    attempts = []
    for counted in (True, False, False, True):
        (row,) = store.lease(lane, 10)
        attempts.append(row.attempt)
        store.settle(lane, [Outcome.retry(row, 0, counted=counted)])

    assert attempts == [1, 2, 2, 2]


def test_a_released_row_is_due_at_once_and_not_recorded(tenant, lane):
    queue_rows(lane, tenant)
    (row,) = store.lease(lane, 10)

    store.settle(lane, [Outcome.release(row)])

    (again,) = store.lease(lane, 10)
    assert again.attempt == 1
    assert lane.notes.recorded == []


def test_a_lease_that_ended_makes_the_row_due_and_fences_its_former_holder(tenant, lane):
    queue_rows(lane, tenant)
    (former,) = store.lease(lane, 10)
    expire(former)
    (holder,) = store.lease(lane, 10)

    store.settle(lane, [Outcome.done(former, result="too late")])
    store.settle(lane, [Outcome.retry(former, 500)])

    assert holder.attempt == 2
    work = Work.objects.get()
    assert work.lease == holder.lease
    assert lane.notes.recorded == []


def test_a_lost_and_a_live_lease_of_one_row_in_one_batch_record_once(tenant, lane):
    queue_rows(lane, tenant)
    (lost,) = store.lease(lane, 1)
    expire(lost)
    (live,) = store.lease(lane, 1)

    store.settle(lane, [Outcome.done(live), Outcome.done(lost)])

    assert [outcome.row.lease for outcome in lane.notes.recorded] == [live.lease]
    assert not Work.objects.exists()


def test_rows_that_were_lost_do_not_hide_those_that_were_not(tenant, lane):
    queue_rows(lane, tenant, 3)
    rows = store.lease(lane, 10)
    expire(rows[1])
    store.lease(lane, 10)

    store.settle(lane, [Outcome.done(row) for row in rows])

    assert lane.notes.subjects() == [rows[0].subject, rows[2].subject]
    assert Work.objects.get().id == rows[1].id


def test_an_expired_lease_that_nobody_took_over_still_settles(tenant, lane):
    queue_rows(lane, tenant)
    (row,) = store.lease(lane, 10)
    expire(row)

    store.settle(lane, [Outcome.done(row)])

    assert not Work.objects.exists()


def test_a_failing_record_undoes_the_whole_settling(tenant, lane):
    queue_rows(lane, tenant, 2)
    rows = store.lease(lane, 10)
    lane.record = lambda outcomes: 1 / 0

    with pytest.raises(ZeroDivisionError):
        store.settle(lane, [Outcome.done(row) for row in rows])

    assert Work.objects.filter(lease=rows[0].lease).count() == 2


def test_a_queued_subject_is_not_queued_twice(tenant, lane):
    (subject,) = queue_rows(lane, tenant)

    enqueue(lane.name, [(subject, tenant.pk, "other", timezone.now() + timedelta(days=1))])

    assert Work.objects.get().group == str(subject)
    assert len(store.lease(lane, 10)) == 1


def test_again_takes_a_held_row_from_its_holder(tenant, lane):
    (subject,) = queue_rows(lane, tenant)
    (former,) = store.lease(lane, 10)

    enqueue(lane.name, [(subject, tenant.pk, "g", None)], again=True)
    (holder,) = store.lease(lane, 10)
    store.settle(lane, [Outcome.done(former)])

    assert holder.subject == subject
    assert Work.objects.get().lease == holder.lease


@pytest.mark.parametrize("again", [False, True])
def test_one_subject_may_come_twice_in_one_call(tenant, lane, again):
    subject = uuid.uuid4()

    enqueue(
        lane.name, [(subject, tenant.pk, "first", None), (subject, tenant.pk, "second", None)], again=again
    )

    assert Work.objects.count() == 1


def test_extending_keeps_the_lease(tenant, lane):
    queue_rows(lane, tenant)
    (row,) = store.lease(lane, 10)
    expire(row)

    assert row.extend() is True
    assert store.lease(lane, 10) == []


def test_a_lost_lease_cannot_be_extended(tenant, lane):
    queue_rows(lane, tenant)
    (former,) = store.lease(lane, 10)
    expire(former)
    (holder,) = store.lease(lane, 10)
    due = Work.objects.get().due

    assert former.extend() is False
    assert Work.objects.get().due == due
    assert holder.extend() is True


def test_a_cancelled_row_cannot_be_settled(tenant, lane):
    (subject, _other) = queue_rows(lane, tenant, 2)
    rows = store.lease(lane, 10)

    assert cancel(lane.name, [subject]) == 1
    store.settle(lane, [Outcome.retry(row, 0) for row in rows])

    assert [row.subject for row in store.lease(lane, 10)] == [_other]
    assert lane.notes.subjects() == [_other]


def test_a_tenants_rows_go_with_it(tenant, lane):
    queue_rows(lane, tenant)

    tenant.delete()

    assert not Work.objects.exists()


def test_drain_works_through_everything_due(tenant, lane):
    queue_rows(lane, tenant, 20)
    queue_rows(lane, tenant, due=timezone.now() + timedelta(hours=1))

    assert drain(lane.name) == 20
    assert Work.objects.count() == 1


def test_drain_with_a_later_time_takes_each_waiting_row_once(tenant, lane):
    lane.behaviour = lambda row: Outcome.retry(row, 0)
    queue_rows(lane, tenant, 3, due=timezone.now() + timedelta(hours=1))

    assert drain(lane.name, now=timezone.now() + timedelta(hours=2)) == 3
    assert len(lane.notes.acted) == 3


def test_a_defect_in_an_act_becomes_a_later_try(tenant, lane, caplog):
    lane.behaviour = lambda row: 1 / 0
    queue_rows(lane, tenant)

    assert drain(lane.name) == 1

    assert Work.objects.get().lease is None
    assert Work.objects.get().due > timezone.now()
    assert "ZeroDivisionError" in caplog.text


def test_a_defect_in_a_batch_only_holds_back_the_row_that_causes_it(tenant, caplog):
    def behaviour(rows):
        if any(row.subject == poison for row in rows):
            raise ValueError("poison")
        return [Outcome.done(row) for row in rows]

    lane = Batched(behaviour)
    with registered(lane):
        poison, *others = queue_rows(lane, tenant, 5)

        drain(lane.name)

    assert sorted(row.row.subject for row in lane.notes.recorded if row.verdict == "done") == sorted(others)
    assert Work.objects.get().subject == poison


def test_a_row_that_a_batch_forgets_is_tried_later(tenant, caplog):
    lane = Batched(lambda rows: [Outcome.done(row) for row in rows[1:]])
    with registered(lane):
        queue_rows(lane, tenant, 3)

        drain(lane.name)

    assert Work.objects.get().lease is None
    assert "no outcome" in caplog.text


@pytest.mark.engine("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("per_group", [None, 3])
def test_concurrent_leasers_never_get_the_same_row(lane, per_group):
    lane.per_group = per_group
    tenant = make_tenant()
    for group in ("a", "b", "c"):
        queue_rows(lane, tenant, 200, group=group)
    taken: list[list[int]] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        mine: list[int] = []
        taken.append(mine)
        barrier.wait()
        while rows := store.lease(lane, 7):
            mine += [row.id for row in rows]
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    everything = [id_ for mine in taken for id_ in mine]
    assert len(everything) == len(set(everything)) == 600


@pytest.mark.engine("postgresql")
@pytest.mark.django_db(transaction=True)
def test_queueing_again_and_settling_at_once_do_not_deadlock(lane):
    tenant = make_tenant()
    subjects = [uuid.uuid4() for _ in range(60)]
    errors: list[Exception] = []
    done = threading.Event()

    def arrive(order: list[uuid.UUID]) -> None:
        try:
            for _ in range(60):
                with transaction.atomic():
                    enqueue(lane.name, [(subject, tenant.pk, "g", None) for subject in order], again=True)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    def work() -> None:
        try:
            while not done.is_set():
                rows = store.lease(lane, 40)
                store.settle(lane, [Outcome.done(row) for row in reversed(rows)])
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    arriving = [threading.Thread(target=arrive, args=(order,)) for order in (subjects, subjects[::-1])]
    working = [threading.Thread(target=work) for _ in range(2)]
    for thread in (*arriving, *working):
        thread.start()
    for thread in arriving:
        thread.join()
    done.set()
    for thread in working:
        thread.join()

    assert errors == []
