"""Merged records between two systems: what is written where, and that nobody comes back."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections

from integrations.actions.edit_record import change_record, create_record
from integrations.actions.merge_records import MergeRefused, Wish, merge_records
from integrations.actions.unmerge_records import unmerge_records
from integrations.models import Contact, Integration, Link, RecordMerge, SyncDirection, SyncPlan
from integrations.records import RecordKind
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from tenants.scoping import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target() -> Iterator[TinyCrm]:
    with TinyCrm().running() as running:
        yield running


@pytest.fixture
def plan(integration: Integration) -> SyncPlan:
    return plan_for(integration, direction=SyncDirection.BOTH)


def by_id(integration: Integration, outside_id: str) -> Contact:
    link = Link.objects.get(integration=integration, outside_id=outside_id)
    return Contact.objects.get(pk=link.record_id)


def merge(survivor: Contact, *losers: Contact) -> RecordMerge:
    wish = Wish(RecordKind.CONTACT, survivor.pk, tuple(one.pk for one in losers))
    return merge_records(survivor.tenant_id, wish)


def test_a_merge_is_written_to_the_survivors_object_and_undoing_it_takes_it_back(
    crm: TinyCrm, plan: SyncPlan, integration: Integration
) -> None:
    one = crm.put("contacts", name="Anna", phones=["+375291234570"])
    other = crm.put("contacts", name="A.", phones=["+375291234571"], position="clerk")
    run(plan)

    done = merge(by_id(integration, one), by_id(integration, other))
    assert run(plan).written == 1

    theirs = crm.objects["contacts"]
    assert theirs[one]["phones"] == ["+375291234570", "+375291234571"]
    assert theirs[one]["position"] == "clerk"
    assert (theirs[other]["name"], theirs[other]["phones"]) == ("A.", ["+375291234571"])
    for is_full in (False, True, True):
        found = run(plan, is_full=is_full)
        assert (found.created, found.updated, found.written) == (0, 0, 0)
    assert Contact.objects.filter(merged_into__isnull=True).count() == 1

    crm.put("contacts", other, comment="calls at night")
    assert run(plan).updated == 1
    assert by_id(integration, one).comment == "calls at night"
    run(plan)
    assert theirs[one]["comment"] == "calls at night"

    unmerge_records(done)
    assert run(plan).written == 1
    assert (theirs[one]["phones"], theirs[one]["position"]) == (["+375291234570"], "")
    run(plan, is_full=True)
    again = by_id(integration, other)
    assert (again.name, again.phones, again.comment) == ("A.", ["+375291234571"], "calls at night")
    assert by_id(integration, one).comment == "calls at night"


def test_what_is_changed_here_is_written_to_every_system(
    crm: TinyCrm, target: TinyCrm, plan: SyncPlan, integration: Integration
) -> None:
    second = plan_for(connect(integration.tenant, target, "Second"), direction=SyncDirection.EXPORT)
    one = crm.put("contacts", name="Anna", phones=["+375291234570"])
    run(plan)
    run(second)

    change_record(integration.tenant, RecordKind.CONTACT, by_id(integration, one).pk, {"name": "Anne"})
    create_record(integration.tenant, RecordKind.CONTACT, {"name": "Boris", "phones": ["+375291234571"]})
    assert (run(plan).written, run(second).written) == (2, 2)

    for system in (crm, target):
        names = sorted(row["name"] for row in system.objects["contacts"].values())
        assert names == ["Anne", "Boris"]
    assert [(run(one).written, run(one).updated) for one in (plan, second)] == [(0, 0)] * 2
    assert Contact.objects.count() == 2


def test_undoing_gives_an_overwritten_object_its_own_values_back(
    crm: TinyCrm, plan: SyncPlan, integration: Integration
) -> None:
    one = crm.put("contacts", name="Anna", phones=["+375291234570"])
    run(plan)
    SyncPlan.objects.update(is_enabled=False)
    own = create_record(integration.tenant, RecordKind.CONTACT, {"name": "Boris", "position": "owner"})
    SyncPlan.objects.update(is_enabled=True)

    done = merge(Contact.objects.get(pk=own.pk), by_id(integration, one))
    run(plan)
    assert crm.objects["contacts"][one]["name"] == "Boris"

    unmerge_records(done)
    run(plan)
    assert crm.objects["contacts"][one]["name"] == "Anna"
    run(plan, is_full=True)
    assert by_id(integration, one).name == "Anna"


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave or raised, begun together, each with a connection of its own."""
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        try:
            start.wait(60)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(one, act) for act in acts]
        return [future.exception(30) or future.result() for future in futures]


def test_of_overlapping_merges_one_wins_and_nothing_is_lost(integration: Integration) -> None:
    tenant = integration.tenant
    for _round in range(5):
        a, b, c = (
            create_record(tenant, RecordKind.CONTACT, {"name": f"{one}", "phones": [f"+37529123457{one}"]})
            for one in range(3)
        )

        def scoped(survivor: Any, loser: Any) -> Any:
            with tenant_scope(tenant):
                return merge(survivor, loser)

        pairs = ((a, b), (b, c), (c, a))
        found = _at_once(*(partial(scoped, survivor, loser) for survivor, loser in pairs))

        refused = [one for one in found if isinstance(one, MergeRefused)]
        done = [one for one in found if isinstance(one, RecordMerge)]
        assert len(refused) + len(done) == 3, found
        # Two may follow one another where the survivor of the first becomes a part of the next; a circle cannot close.
        assert len(done) in (1, 2)
        rows = Contact.objects.filter(pk__in=[a.pk, b.pk, c.pk])
        alive = [row for row in rows if row.merged_into is None]
        assert len(alive) == 3 - len(done)
        for merged in sorted(done, key=lambda one: one.pk, reverse=True):
            unmerge_records(merged)
        assert not rows.filter(merged_into__isnull=False).exists()
        assert sorted(phone for row in rows.all() for phone in row.phones) == [
            f"+37529123457{one}" for one in range(3)
        ]
