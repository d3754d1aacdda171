"""Runs that are disturbed at random - by the system, on the way, and by the death of their worker - end as undisturbed ones do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from integrations import live
from integrations.actions.run_sync import LANE, run_sync
from integrations.models import (
    MODELS,
    Breaker,
    ContactPoint,
    Link,
    LinkStatus,
    RunState,
    SyncPlan,
    SyncRun,
)
from integrations.records import RecordKind
from integrations.store.shapes import shape_of
from integrations.sync.tests.conftest import connect, plan_for
from integrations.sync.work import Broken, find_run, work
from integrations.tests.crm import TinyCrm
from tenants.models import Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

# Real transactions: what a worker that dies has not committed is gone, and nothing else.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

FOLDERS = {RecordKind.CONTACT: "contacts", RecordKind.COMPANY: "companies", RecordKind.PRODUCT: "products"}
DEEDS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 8), st.sampled_from(["Anna", "Bob", "Cora"])),
    st.tuples(st.just("remove"), st.integers(1, 8), st.just("")),
)
# A storm of refusals is waited out however long it is; of other trouble a run has six tries that do not get on.
STORMS = ["429", "excess"]
TROUBLES = [
    "503",
    "500",
    "reset",
    "truncated",
    "html",
    "empty",
    "latency",
    "revoked",
    *("inserted", "removed", "moved"),
]


def orders(kinds: list[str], most: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(kinds),
            "skip": st.integers(0, 4),
            "times": st.integers(1, most),
            "retry_after": st.sampled_from(["0", None]),
            "after": st.booleans(),
            "seconds": st.just(0.001),
        }
    )


FAULTS = st.one_of(orders(TROUBLES, 2), orders(STORMS, 12))
ROUNDS = st.lists(
    st.tuples(
        st.lists(DEEDS, max_size=5),  # before the run
        st.lists(FAULTS, max_size=3),
        st.lists(
            st.integers(1, 70), max_size=3
        ),  # the worker dies at so many statements, each time it is begun
        st.booleans(),  # everything
        st.sampled_from([0, 0, -600, 600]),  # how wrong their clock is
    ),
    min_size=1,
    max_size=3,
)


class Killed(BaseException):
    """The worker is gone: nothing catches it, and nothing is written any more."""


@contextmanager
def killed_after(statements: int) -> Iterator[None]:
    """The process dies at that statement; what was open is rolled back, as the database does."""
    left = statements

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal left
        if not sql.startswith(("ROLLBACK", "RELEASE")):
            left -= 1
            if left <= 0:
                raise Killed
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(count):
            yield
    except Killed:
        return


@pytest.fixture
def crm() -> Iterator[TinyCrm]:
    with TinyCrm(page=2).running() as running:
        yield running


def do(crm: TinyCrm, folder: str, deed: tuple[str, int, str]) -> None:
    what, id, name = deed
    if what == "put":
        crm.put(folder, str(id), name=name, phones=[f"+37529123450{id}"])
    elif str(id) in crm.objects[folder]:
        crm.remove(folder, str(id))


def to_its_end(run: SyncRun) -> str:
    """Hours pass, in which the breaker closes and everything that waits is tried again."""
    moment = timezone.now()
    for _hour in range(60):
        if find_run(run.pk) is None:
            run.refresh_from_db()
            return run.state
        Breaker.objects.all().delete()
        live.forget(run.tenant_id)
        drain(LANE, now=moment)
        moment += timedelta(hours=1)
    raise AssertionError(f"the run does not come to its end: {run}")


def disturbed(crm: TinyCrm, plan: SyncPlan, faults: list[Any], kills: list[int], *, is_full: bool) -> None:
    made = run_sync(SyncPlan.objects.get(pk=plan.pk), is_full=is_full, allows_deletions=True)
    for fault in faults:
        crm.fail_next(**fault)
    for statements in kills:
        found = find_run(made.pk)
        if found is None:
            break
        with killed_after(statements):
            try:
                work(found)
            except Broken:
                continue
    state = to_its_end(made)
    crm.clear_faults()
    # Only refused credentials end a run; its work is done by the next one.
    is_refused = any(one["kind"] == "revoked" for one in faults)
    assert state == RunState.COMPLETED or (is_refused and state == RunState.FAILED), made.reason


def undisturbed(plan: SyncPlan, *, is_full: bool) -> SyncRun:
    made = run_sync(SyncPlan.objects.get(pk=plan.pk), is_full=is_full, allows_deletions=True)
    assert to_its_end(made) == RunState.COMPLETED
    return made


def kept(kind: RecordKind) -> dict[str, Any]:
    """Everything that is known of what is there: the record, and what its link remembers."""
    shape = shape_of(kind)
    rows = MODELS[kind].objects.in_bulk()
    return {
        link.outside_id: (
            link.status,
            link.theirs,
            link.ours,
            rows[link.record_id].deleted_at,
            {name: getattr(rows[link.record_id], name) for name in shape.columns},
            sorted(ContactPoint.objects.filter(record_id=link.record_id).values_list("type", "value")),
        )
        for link in Link.objects.filter(kind=kind).exclude(status=LinkStatus.DELETED)
    }


def assert_told_once(kind: RecordKind) -> None:
    """Each event of a record says something that the one before it did not."""
    last: dict[str, tuple[str, Any]] = {}
    for event in Event.objects.filter(type__startswith=f"{kind.value}.").order_by("id"):
        what, id = event.type.partition(".")[2], event.data["id"]
        before, said = last.get(id, ("", None)), {**event.data, "changed": None}
        if what == "created":
            assert before == ("", None)
        elif what == "deleted":
            assert before[0] in ("created", "updated")
        else:
            assert before[0] == "deleted" or said != before[1]
        last[id] = (what, said)
    alive = {id for id, (what, _said) in last.items() if what != "deleted"}
    found = MODELS[kind].objects.filter(deleted_at=None)
    assert {str(pk) for pk in found.values_list("pk", flat=True)} == alive


def has_position(plan: SyncPlan) -> bool:
    """In a feed of changes; until there is one, everything is read by offset."""
    return SyncPlan.objects.get(pk=plan.pk).position is not None


STORM = {"kind": "429", "times": 30, "retry_after": None}
FEED: list[Any] = [([("put", one, "Anna") for one in range(1, 6)], [], [], False, 0)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(kind=RecordKind.CONTACT, rounds=[([("put", 1, "Anna")], [], [12, 25, 31], True, 0)])
@example(kind=RecordKind.PRODUCT, rounds=[([("put", 1, "Anna")], [STORM], [], True, 0)])
@example(
    kind=RecordKind.COMPANY, rounds=[*FEED, ([("remove", 1, ""), ("put", 2, "Bob")], [], [20], False, 0)]
)
@example(
    kind=RecordKind.COMPANY,
    rounds=[*FEED, ([], [{"kind": "removed", "skip": 0, "times": 1, "retry_after": None, "after": True, "seconds": 0.001}], [], True, 0)],
)  # fmt: skip
@given(kind=st.sampled_from(sorted(FOLDERS)), rounds=ROUNDS)
def test_disturbed_runs_end_as_an_undisturbed_one(crm: TinyCrm, kind: RecordKind, rounds: list[Any]) -> None:
    folder = FOLDERS[kind]
    crm.objects[folder].clear()
    crm.clear_faults()
    tenant, other = make_tenant(), make_tenant()
    with tenant_scope(tenant):
        plan = plan_for(connect(tenant, crm), kind)
        is_safe = True
        for before, faults, kills, is_full, skew in rounds:
            for deed in before:
                do(crm, folder, deed)
            if skew:
                crm.fail("skew", seconds=skew)
            has_feed = kind is RecordKind.COMPANY and not is_full and has_position(plan)
            disturbed(crm, plan, faults, kills, is_full=is_full)
            # Where a page moves up while it is read by offset, only the next full run finds what slipped through.
            is_safe &= has_feed or not any(one["kind"] == "removed" for one in faults)
        undisturbed(plan, is_full=False)
        if is_safe:
            names = {id: values[4]["name"] for id, values in kept(kind).items()}
            there = {id: row["name"] for id, row in crm.objects[folder].items()}
            assert names.items() >= there.items()
        last = undisturbed(plan, is_full=True)
        again = undisturbed(plan, is_full=True)
        assert (again.created, again.updated, again.deleted) == (0, 0, 0)
        assert again.unchanged == len(crm.objects[folder]) == last.created + last.updated + last.unchanged
        assert Link.objects.count() == MODELS[kind].objects.count()
        if kind is not RecordKind.COMPANY:
            assert_told_once(kind)
        mine = kept(kind)
    with tenant_scope(other):
        undisturbed(plan_for(connect(other, crm), kind), is_full=True)
        assert kept(kind) == mine
