"""Runs against a CRM behind real HTTP: everything, what changed, deletions, faults, and ends before their time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.actions.run_sync import LANE, cancel_run, run_sync
from integrations.models import (
    Company,
    Contact,
    Integration,
    Link,
    Product,
    RunState,
    SyncFault,
    SyncPlan,
    SyncRun,
)
from integrations.records import RecordKind
from integrations.sync import work
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from tenants.errors import ConfigError
from tenants.models import Event, Tenant, Work
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> list[str]:
    return sorted(Contact.objects.filter(deleted_at__isnull=True).values_list("name", flat=True))


def counts(found: SyncRun) -> tuple[int, int, int, int, int]:
    return found.created, found.updated, found.unchanged, found.deleted, found.failed


def test_everything_is_read_once_and_then_only_what_changed(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(8)]

    first = run(plan)

    assert (first.state, first.is_full, counts(first)) == (RunState.COMPLETED, True, (8, 0, 0, 0, 0))
    assert (first.total, first.percent) == (8, 100)
    plan.refresh_from_db()
    newest = max(crm.objects["contacts"].values(), key=lambda row: row["changed"])["changed"]
    assert (
        plan.watermark.isoformat()
        == (timezone.datetime.fromisoformat(newest) - timedelta(seconds=5)).isoformat()
    )

    for _ in range(10):
        crm.put("products", name="time passes")
    crm.put("contacts", ids[3], name="Bob")
    second = run(plan)

    # What lies within the lag of the watermark is read again, and found unchanged.
    assert (second.state, second.is_full, second.updated, second.created) == (RunState.COMPLETED, False, 1, 0)
    assert second.read == 6
    assert "Bob" in names()
    assert len(names()) == 8


def test_a_feed_goes_on_from_its_place_and_names_what_is_gone(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration, RecordKind.COMPANY, deletion_limit=60)
    ids = [crm.put("companies", name=f"June {one}") for one in range(5)]
    assert counts(run(plan)) == (5, 0, 0, 0, 0)

    crm.remove("companies", ids[0])
    crm.put("companies", ids[1], name="July")
    second = run(plan)

    assert (second.is_full, counts(second)) == (False, (0, 1, 0, 1, 0))
    assert Company.objects.filter(deleted_at__isnull=True).count() == 4
    assert run(plan).read == 0


def test_where_nothing_tells_of_changes_every_run_reads_everything(
    crm: TinyCrm, integration: Integration
) -> None:
    plan = plan_for(integration, RecordKind.PRODUCT)
    first, second = crm.put("products", name="Lamp"), crm.put("products", name="Shade")
    run(plan)
    crm.remove("products", first)

    found = run(plan, allows_deletions=True)

    assert (found.is_full, counts(found)) == (True, (0, 0, 1, 1, 0))
    assert list(Product.objects.filter(deleted_at=None).values_list("name", flat=True)) == ["Shade"]
    assert Event.objects.filter(type="product.deleted").count() == 1
    crm.put("products", second, name="Shade")
    crm.objects["products"][first] = {
        "id": first,
        "name": "Lamp",
        "changed": crm.objects["products"][second]["changed"],
    }
    assert counts(run(plan)) == (0, 1, 1, 0, 0)  # it is back


@pytest.mark.parametrize(
    ("removed", "state", "left"), [(1, "completed", 9), (2, "stopped", 10), (10, "stopped", 10)]
)
def test_the_valve(crm: TinyCrm, integration: Integration, removed: int, state: str, left: int) -> None:
    plan = plan_for(integration, deletion_limit=10)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(10)]
    run(plan)
    for id in ids[:removed]:
        crm.remove("contacts", id)

    found = run(plan, is_full=True)

    assert (found.state, len(names())) == (state, left)
    if state == "stopped":
        assert str(removed) in found.reason
        assert Event.objects.get(type="sync.failed").data["reason"] == found.reason
        assert run(plan, is_full=True, allows_deletions=True).state == RunState.COMPLETED
        assert len(names()) == 10 - removed


def test_what_slips_between_two_pages_is_not_deleted(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration, deletion_limit=50)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(8)]
    run(plan)

    def remove_once() -> None:
        crm.between_pages = None
        crm.remove("contacts", ids[0])  # the fourth moves to the page that was read

    crm.between_pages = remove_once
    found = run(plan, is_full=True)

    assert (found.state, found.deleted) == (RunState.COMPLETED, 0)
    assert len(names()) == 8
    assert run(plan, is_full=True).deleted == 1
    assert names() == [f"Anna {one}" for one in range(1, 8)]


def test_what_cannot_be_read_stops_nothing(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    crm.put("contacts", name=None)
    crm.put("contacts", name="Anna")
    crm.put("contacts", name="x" * 1_100_000)

    found = run(plan)

    assert (found.state, counts(found)) == (RunState.COMPLETED, (1, 0, 0, 0, 2))
    assert {(one.outside_id, "name" in one.text) for one in SyncFault.objects.all()} == {
        ("1", True),
        ("3", True),
    }


def test_a_dry_run_counts_and_lists_and_changes_nothing(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration, deletion_limit=0)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(4)]
    run(plan)
    crm.put("contacts", ids[0], name="Bob")
    crm.put("contacts", name="New")
    crm.remove("contacts", ids[1])
    before = (
        list(Contact.objects.order_by("id").values()),
        Event.objects.count(),
        SyncPlan.objects.values().get(),
    )

    found = run(plan, is_full=True, is_dry=True)

    assert (found.state, counts(found)) == (RunState.COMPLETED, (1, 1, 2, 1, 0))
    assert [one["outside_id"] for one in found.differences] == [ids[0], "5"]
    assert (
        list(Contact.objects.order_by("id").values()),
        Event.objects.count(),
        SyncPlan.objects.values().get(),
    ) == before


def test_a_cancelled_run_commits_nothing_more(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    for one in range(8):
        crm.put("contacts", name=f"Anna {one}")
    made = run_sync(plan)

    def cancel() -> None:
        if len(crm.requests) == 2:
            with tenant_scope(integration.tenant):
                assert cancel_run(SyncRun.objects.get(pk=made.pk))

    crm.between_pages = cancel
    drain(LANE)

    made.refresh_from_db()
    assert (made.state, made.created, len(names())) == (RunState.CANCELLED, 3, 3)
    assert not cancel_run(made)
    crm.between_pages = None
    assert run(plan).created == 5


def test_two_workers_with_one_run_commit_each_step_once(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    for one in range(7):
        crm.put("contacts", name=f"Anna {one}")
    made = run_sync(plan)
    twin = work.find_run(made.pk)
    assert twin is not None
    first = work.find_run(made.pk)
    assert first is not None
    assert not work.work(first, seconds=0)

    assert work.work(twin, seconds=0)  # it begins what has begun: nothing is done

    drain(LANE)
    made.refresh_from_db()
    assert (made.state, counts(made)) == (RunState.COMPLETED, (7, 0, 0, 0, 0))


def test_a_refusal_ends_the_run_and_says_why(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    crm.fail("status", status=401)

    found = run(plan)

    assert found.state == RunState.FAILED
    assert found.reason
    assert Event.objects.get(type="sync.failed").data["reason"] == found.reason


@pytest.mark.parametrize("kind", ["503", "429", "reset", "html", "empty", "truncated"])
def test_trouble_is_waited_out(crm: TinyCrm, integration: Integration, kind: str) -> None:
    plan = plan_for(integration)
    for one in range(7):
        crm.put("contacts", name=f"Anna {one}")
    made = run_sync(plan)
    crm.fail_next(kind)
    drain(LANE)
    made.refresh_from_db()
    assert made.state == RunState.RUNNING
    assert made.reason

    drain(LANE, now=timezone.now() + timedelta(minutes=5))

    made.refresh_from_db()
    assert (made.state, made.reason, len(names())) == (RunState.COMPLETED, "", 7)


def test_a_storm_of_refusals_uses_up_no_tries(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration)
    crm.put("contacts", name="Anna")
    made = run_sync(plan)
    crm.fail_next("429", times=20, retry_after=None)
    moment = timezone.now()
    for _refusal in range(20):
        drain(LANE, now=moment)
        moment += timedelta(seconds=31)
    made.refresh_from_db()
    assert (made.state, len(crm.requests)) == (RunState.RUNNING, 20)
    assert made.reason == "The outside system asks us to slow down."
    assert Work.objects.get(lane=LANE).attempts == 0

    drain(LANE, now=moment)

    made.refresh_from_db()
    assert (made.state, names()) == (RunState.COMPLETED, ["Anna"])


def test_of_one_plan_one_run_at_a_time(integration: Integration) -> None:
    plan = plan_for(integration)
    run_sync(plan)

    with pytest.raises(ConfigError):
        run_sync(plan)

    assert SyncRun.objects.count() == 1


def test_a_company_with_much_to_do_lets_others_have_their_turn(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SLICE_SECONDS", 0)
    monkeypatch.setattr(work.work, "__defaults__", (0,))
    other = make_tenant()
    for one in range(9):
        crm.put("contacts", name=f"Anna {one}")
    run_sync(plan_for(integration))
    with tenant_scope(other):
        theirs = run_sync(plan_for(connect(other, crm)))
    turns: list[Any] = []
    from integrations.sync import lane

    original = lane.work

    def noted(found: SyncRun) -> bool:
        turns.append(found.tenant_id)
        return original(found)

    monkeypatch.setattr(lane, "work", noted)
    drain(LANE)

    with tenant_scope(other):
        theirs.refresh_from_db()
        assert theirs.state == RunState.COMPLETED
    assert turns == [integration.tenant_id, other.pk] * (len(turns) // 2)
    assert len(turns) >= 6


def test_another_company_reads_the_same_crm_into_its_own_records(
    crm: TinyCrm, integration: Integration, tenant: Tenant
) -> None:
    crm.put("contacts", name="Anna")
    run(plan_for(integration))
    other = make_tenant()

    with tenant_scope(other):
        assert run(plan_for(connect(other, crm))).created == 1
        assert Link.objects.count() == Contact.objects.count() == 1

    assert Link.objects.count() == 1
