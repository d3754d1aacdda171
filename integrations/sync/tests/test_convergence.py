"""Whatever happens there and on the way - changes between pages, broken answers, killed workers - the end is the same."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.actions.run_sync import LANE, run_sync
from integrations.models import Contact, Link, LinkStatus, RunState, SyncPlan
from integrations.sync.tests.conftest import connect, plan_for
from integrations.sync.work import Broken, find_run, work
from integrations.tests.crm import TinyCrm
from tenants.models import Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

DEEDS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 8), st.sampled_from(["Anna", "Bob", "Cora"])),
    st.tuples(st.just("remove"), st.integers(1, 8), st.just("")),
)
ROUNDS = st.lists(
    st.tuples(
        st.lists(DEEDS, max_size=5),  # before the run
        st.lists(DEEDS, max_size=3),  # between its pages, one after each
        st.sampled_from(["", "503", "reset", "truncated", "html"]),
        st.integers(0, 3),  # so many steps are done before the worker is killed
        st.booleans(),  # everything
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture
def crm() -> Iterator[TinyCrm]:
    with TinyCrm(page=2).running() as running:
        yield running


def do(crm: TinyCrm, deed: tuple[str, int, str]) -> None:
    what, id, name = deed
    if what == "put":
        crm.put("contacts", str(id), name=name)
    elif str(id) in crm.objects["contacts"]:
        crm.remove("contacts", str(id))


def one_run(
    crm: TinyCrm, plan: SyncPlan, between: list[Any], fault: str, killed_after: int, is_full: bool
) -> Any:
    """A run whose worker is killed once, whose connection breaks once, and during which people go on working."""
    left = list(between)
    crm.between_pages = lambda: do(crm, left.pop()) if left else None
    made = run_sync(SyncPlan.objects.get(pk=plan.pk), is_full=is_full, allows_deletions=True)
    if fault:
        crm.fail_next(fault)
    for _ in range(killed_after):
        found = find_run(made.pk)
        if found is None:
            break
        try:
            work(found, seconds=0)  # and nothing tells the queue of it, as when the worker dies
        except Broken:
            break
    moment = timezone.now()
    while find_run(made.pk) is not None:
        drain(LANE, now=moment)
        moment += timedelta(hours=1)
    crm.between_pages = None
    made.refresh_from_db()
    return made


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rounds=ROUNDS)
def test_all_ways_lead_to_the_same_end(crm: TinyCrm, rounds: list[Any]) -> None:
    crm.objects["contacts"].clear()
    crm.clear_faults()
    tenant = make_tenant()
    with tenant_scope(tenant):
        plan = plan_for(connect(tenant, crm))
        for before, between, fault, killed_after, is_full in rounds:
            for deed in before:
                do(crm, deed)
            assert one_run(crm, plan, between, fault, killed_after, is_full).state == RunState.COMPLETED
        last = one_run(crm, plan, [], "", 0, is_full=True)

        there = {id: row["name"] for id, row in crm.objects["contacts"].items()}
        links = Link.objects.exclude(status=LinkStatus.DELETED)
        records = {link.outside_id: Contact.objects.get(pk=link.record_id) for link in links}
        assert {id: row.name for id, row in records.items()} == there
        assert Contact.objects.filter(deleted_at=None).count() == len(there)
        told = Event.objects.filter(type="contact.created").count()
        assert told == Contact.objects.count()  # each was told once, however often it was read
        again = one_run(crm, plan, [], "", 0, is_full=True)
        assert (again.created, again.updated, again.deleted) == (0, 0, 0)
        assert again.unchanged == len(there) == last.unchanged + last.created + last.updated
