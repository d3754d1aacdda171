"""Runs against a CRM behind real HTTP: everything, what changed, deletions, faults, and ends before their time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from integrations import records
from integrations.actions.remove_records import remove_records
from integrations.actions.run_sync import LANE, cancel_run, run_sync
from integrations.actions.upsert_records import upsert_records
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
from integrations.store.owner import Owner
from integrations.sync import work
from integrations.sync.position import watermark_after
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from integrations.tests.crm.connector import TinySession
from tenants.errors import ConfigError, Unsupported
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
    reached = timezone.datetime.fromisoformat(newest) - timedelta(seconds=5)
    # What the run itself took is taken off besides: their clock may be slower than ours.
    assert plan.watermark is not None
    assert timedelta(0) <= reached - plan.watermark < timedelta(seconds=60)

    for _ in range(10):
        crm.put("products", name="time passes")
    crm.put("contacts", ids[3], name="Bob")
    second = run(plan)

    # What lies within the lag of the watermark is read again, and found unchanged.
    assert (second.state, second.is_full, second.updated, second.created) == (RunState.COMPLETED, False, 1, 0)
    assert second.read in (6, 7, 8)
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


def test_what_slips_between_two_pages_is_read_in_a_second_reading(
    crm: TinyCrm, integration: Integration
) -> None:
    plan = plan_for(integration)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(8)]

    def remove_once() -> None:
        crm.between_pages = None
        crm.remove("contacts", ids[0])

    crm.between_pages = remove_once
    found = run(plan)

    assert (found.rereads, found.is_incomplete, found.reason) == (1, False, "")
    assert (found.read, found.created, found.unchanged, found.total) == (7, 8, 0, 7)
    assert {f"Anna {one}" for one in range(1, 8)} <= set(names())


def test_a_run_whose_every_reading_slips_says_so_and_deletes_nothing_that_it_missed(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_given: Any) -> None:
        raise Unsupported("Single objects cannot be asked for.")

    plan = plan_for(integration, deletion_limit=90)
    for one in range(20):
        crm.put("contacts", name=f"Anna {one}")
    run(plan)
    monkeypatch.setattr(TinySession, "fetch", unsupported)

    def remove_first() -> None:
        if not crm.requests[-1].query.get("offset", "0").endswith("0"):
            crm.remove("contacts", min(crm.objects["contacts"], key=int))

    crm.between_pages = remove_first
    found = run(plan, is_full=True)

    assert (found.state, found.rereads, found.is_incomplete, found.deleted) == ("completed", 2, True, 0)
    assert "incomplete" in found.reason
    assert len(names()) == 20
    crm.between_pages = None
    last = run(plan, is_full=True)
    assert (last.is_incomplete, last.reason) == (False, "")
    assert len(names()) == len(crm.objects["contacts"]) == 20 - last.deleted


def test_changes_of_an_incomplete_reading_are_asked_for_once_more(
    crm: TinyCrm, integration: Integration
) -> None:
    plan = plan_for(integration)
    for one in range(20):
        crm.put("contacts", name=f"Anna {one}")
    run(plan)
    before = SyncPlan.objects.get().watermark
    for id in list(crm.objects["contacts"]):
        crm.put("contacts", id, comment="changed")

    def remove_first() -> None:
        crm.remove("contacts", min(crm.objects["contacts"], key=int))

    crm.between_pages = remove_first
    found = run(plan)

    assert (found.is_full, found.is_incomplete) == (False, True)
    assert SyncPlan.objects.get().watermark == before
    crm.between_pages = None
    assert not run(plan).is_incomplete
    after = SyncPlan.objects.get().watermark
    assert before is not None
    assert after is not None
    assert after > before
    left = set(crm.objects["contacts"])
    links = Link.objects.filter(outside_id__in=left).values("record_id")
    assert set(Contact.objects.filter(pk__in=links).values_list("comment", flat=True)) == {"changed"}


def test_fewer_than_their_total_is_read_twice_and_said(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(integration, RecordKind.PRODUCT)
    for one in range(5):
        crm.put("products", name=f"Lamp {one}")
    read = TinySession.read

    def hidden(self: TinySession, kind: RecordKind, *given: Any) -> Any:
        page = read(self, kind, *given)
        return replace(page, records=tuple(one for one in page.records if one.outside_id != "2"))

    monkeypatch.setattr(TinySession, "read", hidden)
    found = run(plan)

    assert (found.rereads, found.is_incomplete, found.read, found.total) == (1, True, 4, 5)


def test_what_is_there_and_cannot_be_kept_is_not_gone(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_given: Any) -> None:
        raise Unsupported("Single objects cannot be asked for.")

    plan = plan_for(integration, deletion_limit=90)
    ids = [crm.put("contacts", name=f"Anna {one}") for one in range(5)]
    run(plan)
    monkeypatch.setattr(TinySession, "fetch", unsupported)
    crm.put("contacts", ids[0], name=None)
    crm.put("contacts", ids[1], name="x" * 1_100_000)

    found = run(plan, is_full=True)

    assert (found.state, found.deleted, found.failed, found.is_incomplete) == ("completed", 0, 2, False)
    assert len(names()) == 5


def test_what_their_request_tells_of_during_a_full_run_is_not_gone(
    crm: TinyCrm, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_given: Any) -> None:
        raise Unsupported("Single objects cannot be asked for.")

    plan = plan_for(integration, RecordKind.PRODUCT, deletion_limit=90)
    for one in range(5):
        crm.put("products", name=f"Lamp {one}")
    monkeypatch.setattr(TinySession, "fetch", unsupported)
    owner = Owner.of(integration.pk)

    def tell() -> None:
        crm.between_pages = None
        # Of what the list shows a moment later only.
        with tenant_scope(integration.tenant):
            upsert_records(owner, RecordKind.PRODUCT, [records.Product(outside_id="77", name="Shade")])

    crm.between_pages = tell
    found = run(plan)

    assert (found.state, found.deleted) == ("completed", 0)
    assert Product.objects.get(name="Shade").deleted_at is None


def test_what_is_named_as_gone_again_does_not_stop_a_run(crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration, RecordKind.COMPANY, deletion_limit=60)
    ids = [crm.put("companies", name=f"June {one}") for one in range(5)]
    run(plan)
    place = SyncPlan.objects.get().position
    for id in ids[:3]:
        crm.remove("companies", id)
    assert run(plan).deleted == 3
    for one in range(3):  # what we never had
        crm.remove("companies", crm.put("companies", name=f"July {one}"))
    SyncPlan.objects.update(position=place)

    again = run(plan)

    assert (again.state, again.deleted) == ("completed", 0)
    assert Company.objects.filter(deleted_at=None).count() == 2


def test_an_order_that_is_gone_is_told_of_with_its_lines(integration: Integration) -> None:
    owner = Owner.of(integration.pk)
    line = records.OrderLine(name="Lamp", quantity=Decimal(2), sku="E27", price=Decimal("201.50"))
    upsert_records(owner, RecordKind.ORDER, [records.Order(outside_id="9", number="9999", lines=(line,))])

    assert remove_records(owner, RecordKind.ORDER, ["9"]) == 1

    assert [one["sku"] for one in Event.objects.get(type="order.deleted").data["items"]] == ["E27"]


def test_where_their_clock_is_slow_what_changed_during_a_run_is_asked_for(integration: Integration) -> None:
    """A run of ten minutes at a system whose clock is an hour behind: it read one object at the beginning, which changed
    there a minute later, and another one that changed in the ninth minute."""
    plan = plan_for(integration)
    began = timezone.now() - timedelta(minutes=10)
    theirs = began - timedelta(hours=1)
    support = TinySession.kinds[RecordKind.CONTACT]

    made = SyncRun(plan=plan, started_at=began, seen_until=theirs + timedelta(minutes=9))

    reached = watermark_after(made, plan, support)
    assert reached is not None
    assert reached < theirs
