"""What may have been created there is looked up where the system can be asked, and otherwise a person decides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.actions.edit_record import create_record
from integrations.actions.merge_records import Wish, merge_records
from integrations.capabilities import Change, Written
from integrations.models import Contact, Integration, Link, PendingWrite, SyncDirection, SyncPlan
from integrations.records import RecordKind
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from integrations.tests.crm.connector import TinySession
from tenants.errors import TransientError
from tenants.models import AuditEntry, Role
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target() -> Iterator[TinyCrm]:
    with TinyCrm().running() as running:
        yield running


@pytest.fixture
def source_plan(integration: Integration) -> SyncPlan:
    return plan_for(integration, direction=SyncDirection.BOTH)


@pytest.fixture
def plan(integration: Integration, target: TinyCrm) -> SyncPlan:
    return plan_for(connect(integration.tenant, target, "Second"), direction=SyncDirection.EXPORT)


@pytest.fixture
def _finds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = dict(TinySession.kinds)
    kinds[RecordKind.CONTACT] = replace(kinds[RecordKind.CONTACT], finds_by_key=True)
    monkeypatch.setattr(TinySession, "kinds", kinds)


def later() -> None:
    PendingWrite.objects.update(due_at=timezone.now() - timedelta(hours=1))


def lose_the_answer(crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan) -> PendingWrite:
    crm.put("contacts", name="Anna")
    run(source_plan)
    target.fail_next("reset", after=True, method="POST", path="/contacts")
    assert run(plan).failed == 1
    found = PendingWrite.objects.get()
    assert (found.is_parked, found.is_uncertain) == (True, True)
    return found


@pytest.mark.usefixtures("_finds")
def test_a_later_run_finds_what_was_created_and_links_it(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan
) -> None:
    lose_the_answer(crm, target, source_plan, plan)
    later()

    run(plan)

    assert len(target.objects["contacts"]) == 1
    assert not PendingWrite.objects.exists()
    assert Link.objects.filter(integration=plan.integration).count() == 1


@pytest.mark.usefixtures("_finds")
def test_what_was_read_as_another_record_waits_until_the_two_are_merged(
    crm: TinyCrm, integration: Integration
) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH)
    ours = create_record(integration.tenant, RecordKind.CONTACT, {"name": "Anna"})
    crm.fail_next("reset", after=True, method="POST", path="/contacts")
    run(plan)
    later()

    again = run(plan)

    assert again.state == "completed"
    read = Contact.objects.exclude(pk=ours.pk).get()
    waiting = PendingWrite.objects.get()
    assert (waiting.record_id, waiting.is_uncertain, waiting.is_parked) == (ours.pk, True, True)
    assert "belongs to another record" in waiting.error

    merge_records(integration.tenant_id, Wish(RecordKind.CONTACT, ours.pk, (read.pk,), {}))
    later()
    run(plan)

    assert len(crm.objects["contacts"]) == 1
    assert not PendingWrite.objects.exists()
    assert Link.objects.get().record_id == ours.pk


@pytest.mark.usefixtures("_finds")
def test_what_changed_here_meanwhile_is_written_and_not_lost(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan
) -> None:
    lose_the_answer(crm, target, source_plan, plan)
    crm.put("contacts", "1", name="Anne")
    run(source_plan)
    later()

    run(plan)

    [(_id, found)] = target.objects["contacts"].items()
    assert (found["name"], Contact.objects.get().name) == ("Anne", "Anne")
    assert not PendingWrite.objects.exists()


@pytest.mark.usefixtures("_finds")
def test_what_was_never_created_is_created_once(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan
) -> None:
    crm.put("contacts", name="Anna")
    run(source_plan)
    target.fail_next("reset", method="POST", path="/contacts")
    run(plan)
    assert target.objects["contacts"] == {}
    later()

    run(plan)

    assert [one["name"] for one in target.objects["contacts"].values()] == ["Anna"]


def test_where_it_cannot_be_looked_up_a_change_here_creates_nothing_twice(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan
) -> None:
    target.forgets_keys = True
    lose_the_answer(crm, target, source_plan, plan)
    crm.put("contacts", "1", name="Anne")
    run(source_plan)
    later()

    run(plan)

    assert len(target.objects["contacts"]) == 1
    assert PendingWrite.objects.get().is_uncertain


@pytest.mark.parametrize(
    ("how", "objects", "names"),
    [("again", 2, ["Anna", "Anna"]), ("there", 1, ["Anna"]), ("leave", 1, ["Anna"])],
)
def test_a_person_decides_in_the_admin(
    crm: TinyCrm,
    target: TinyCrm,
    source_plan: SyncPlan,
    plan: SyncPlan,
    how: str,
    objects: int,
    names: list[str],
) -> None:
    target.forgets_keys = True
    write = lose_the_answer(crm, target, source_plan, plan)
    client = Client()
    client.force_login(make_member(plan.tenant, Role.MANAGER).user)
    page = reverse("admin:integrations_pendingwrite_change", args=[write.pk])
    assert client.get(reverse("admin:integrations_pendingwrite_changelist")).status_code == 200
    assert 'value="again"' in client.get(page).content.decode()

    answer = client.post(page.replace("/change/", "/decide/"), {"how": how, "outside_id": "1"})
    run(plan)

    assert answer["Location"] == reverse("admin:integrations_pendingwrite_changelist")
    assert [one["name"] for one in target.objects["contacts"].values()] == names
    assert len(target.objects["contacts"]) == objects
    assert Link.objects.filter(integration=plan.integration).count() == (how != "leave")
    assert not PendingWrite.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="pending_write.").count() == 1


def test_a_wrong_id_and_another_company_change_nothing(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan
) -> None:
    write = lose_the_answer(crm, target, source_plan, plan)
    client, stranger = Client(), Client()
    client.force_login(make_member(plan.tenant, Role.MANAGER).user)
    stranger.force_login(make_member(make_tenant(), Role.OWNER).user)
    decide = reverse("admin:integrations_pendingwrite_decide", args=[write.pk])

    client.post(decide, {"how": "there", "outside_id": " "})
    client.post(decide, {"how": "nonsense"})

    assert stranger.post(decide, {"how": "again"}).status_code == 404
    assert PendingWrite.objects.get().is_uncertain


def test_what_was_created_and_not_wholly_taken_is_changed_by_the_next_try(
    crm: TinyCrm, target: TinyCrm, source_plan: SyncPlan, plan: SyncPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.put("contacts", name="Anna")
    run(source_plan)
    written = TinySession._written

    def partly(self: TinySession, kind: RecordKind, change: Change) -> Written:
        return replace(written(self, kind, change), error=TransientError("The ties were not taken."))

    with monkeypatch.context() as patched:
        patched.setattr(TinySession, "_written", partly)
        assert run(plan).failed == 1
    waiting = PendingWrite.objects.get()
    assert (waiting.is_parked, waiting.is_uncertain) == (False, False)
    [known] = target.objects["contacts"]
    assert Link.objects.get(integration=plan.integration).outside_id == known
    later()

    run(plan)

    assert list(target.objects["contacts"]) == [known]
    assert not PendingWrite.objects.exists()
