"""Two CRMs and our records between them: changes go across once, echoes end, and conflicts are decided."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.actions.resolve_conflict import resolve_conflict
from integrations.models import (
    ConflictPolicy,
    Contact,
    Integration,
    Link,
    PendingWrite,
    Resolution,
    RunState,
    SyncConflict,
    SyncDirection,
    SyncFault,
    SyncPlan,
)
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from tenants.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target() -> Iterator[TinyCrm]:
    with TinyCrm().running() as running:
        yield running


@pytest.fixture
def source_plan(integration: Integration) -> SyncPlan:
    return plan_for(integration, direction=SyncDirection.BOTH)


@pytest.fixture
def target_plan(integration: Integration, target: TinyCrm) -> SyncPlan:
    return plan_for(connect(integration.tenant, target, "Second"), direction=SyncDirection.BOTH)


def only(crm: TinyCrm) -> dict[str, Any]:
    (found,) = crm.objects["contacts"].values()
    return found


def test_a_contact_is_made_in_the_other_system_once_and_its_echo_ends(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan
) -> None:
    crm.put("contacts", name="Anna", phones=["+375291234570"], comment="likes lamps")

    run(source_plan)
    assert run(target_plan).written == 1
    assert (only(target)["name"], only(target)["comment"]) == ("Anna", "likes lamps")
    found = [run(plan) for plan in (target_plan, source_plan, target_plan, source_plan)]

    assert [(one.state, one.created, one.updated, one.written) for one in found] == [
        ("completed", 0, 0, 0)
    ] * 4
    assert (len(crm.writes), len(target.writes)) == (0, 1)
    assert Contact.objects.count() == 1
    assert Link.objects.count() == 2
    assert Event.objects.filter(type__startswith="contact.").count() == 1


def test_a_change_there_goes_back_and_names_only_its_fields(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan
) -> None:
    crm.put("contacts", name="Anna", comment="likes lamps")
    run(source_plan)
    run(target_plan)

    target.put("contacts", only(target)["id"], name="Anne")
    run(target_plan)
    run(source_plan)

    assert (only(crm)["name"], only(crm)["comment"]) == ("Anne", "likes lamps")
    assert crm.writes == [("change", {"name": "Anne"})]
    for plan in (source_plan, target_plan, source_plan):
        assert run(plan).updated == 0
    assert len(crm.writes) + len(target.writes) == 2


def test_what_a_system_has_no_place_for_is_not_lost(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan
) -> None:
    target.forgets = frozenset({"comment"})
    crm.put("contacts", name="Anna", comment="likes lamps")
    run(source_plan)
    run(target_plan)

    for plan in (target_plan, source_plan, target_plan):
        run(plan, is_full=True)

    assert Contact.objects.get().comment == "likes lamps"
    assert only(crm)["comment"] == "likes lamps"
    assert crm.writes == []


def both_change(crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan) -> None:
    crm.put("contacts", name="Anna", position="clerk")
    for plan in (source_plan, target_plan, target_plan):
        run(plan)
    crm.put("contacts", only(crm)["id"], name="Anna of the source")
    target.put("contacts", only(target)["id"], name="Anna of the target", position="director")
    run(source_plan)


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        (ConflictPolicy.SOURCE, "Anna of the target"),
        (ConflictPolicy.TARGET, "Anna of the source"),
        (ConflictPolicy.NEWEST, "Anna of the source"),  # our copy was changed today, theirs in June
    ],
)
def test_the_policy_decides_and_all_three_agree(
    crm: TinyCrm,
    target: TinyCrm,
    source_plan: SyncPlan,
    target_plan: SyncPlan,
    policy: ConflictPolicy,
    name: str,
) -> None:
    both_change(crm, target, source_plan, target_plan)
    SyncPlan.objects.filter(pk=target_plan.pk).update(conflict_policy=policy)

    found = run(target_plan)
    for plan in (source_plan, target_plan, source_plan, target_plan):
        run(plan)

    assert found.conflicts == (0 if policy is ConflictPolicy.SOURCE else 1)
    assert {Contact.objects.get().name, only(crm)["name"], only(target)["name"]} == {name}
    assert {Contact.objects.get().position, only(crm)["position"], only(target)["position"]} == {"director"}
    assert not PendingWrite.objects.exists()


@pytest.mark.parametrize("resolution", Resolution)
def test_a_person_decides(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan, resolution: Resolution
) -> None:
    both_change(crm, target, source_plan, target_plan)
    SyncPlan.objects.filter(pk=target_plan.pk).update(conflict_policy=ConflictPolicy.MANUAL)
    run(target_plan)

    assert run(target_plan).conflicts == 0  # seen again, and not told again
    conflict = SyncConflict.objects.get()
    assert conflict.fields == {"name": {"ours": "Anna of the source", "theirs": "Anna of the target"}}
    assert only(target)["name"] == "Anna of the target"
    assert Contact.objects.get().position == "director"

    assert resolve_conflict(conflict, resolution)
    assert not resolve_conflict(conflict, resolution)
    for plan in (target_plan, source_plan, target_plan, source_plan):
        run(plan)

    name = "Anna of the source" if resolution is Resolution.OURS else "Anna of the target"
    assert {Contact.objects.get().name, only(crm)["name"], only(target)["name"]} == {name}


def test_what_they_refuse_is_parked_and_shown_and_harms_no_neighbour(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan
) -> None:
    target.refused = {"Anna 1": "bad name"}
    for one in range(3):
        crm.put("contacts", name=f"Anna {one}")
    run(source_plan)

    found = run(target_plan)

    assert (found.state, found.written, found.failed) == (RunState.COMPLETED, 2, 1)
    assert SyncFault.objects.get().record_id == Contact.objects.get(name="Anna 1").pk
    parked = PendingWrite.objects.get()
    assert parked.is_parked
    assert parked.error
    target.refused = {}
    crm.put("contacts", "2", name="Anna one")
    run(source_plan)
    assert run(target_plan).written == 1


def test_an_answer_that_was_lost_makes_nothing_twice(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, target_plan: SyncPlan
) -> None:
    crm.put("contacts", name="Anna")
    run(source_plan)
    target.fail_next("reset", after=True, method="POST", path="/contacts")

    found = run(target_plan)

    # Whether it was created is not known: a person looks, and it comes in by reading.
    assert (found.written, found.failed) == (0, 1)
    assert PendingWrite.objects.get().is_parked
    assert len(target.objects["contacts"]) == 1
