"""What amoCRM refuses for speed was not done: it is sent again, once, and nobody has to look there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from integrations.actions.run_sync import LANE, run_sync
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Change
from integrations.connectors.amocrm.simulator import Simulator
from integrations.models import Contact as Stored
from integrations.models import Integration, Link, PendingWrite, SyncDirection, SyncPlan
from integrations.records import Company, Contact, Deal, RecordKind
from integrations.store.pending import queue_writes
from integrations.tests.records_bench import records_of
from tenants.errors import RateLimited, TransientError
from tenants.models import Work
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def row(simulator: Simulator) -> Iterator[Integration]:
    tenant = make_tenant()
    with tenant_scope(tenant):
        settings, credentials = {"url": simulator.url}, {"access_token": simulator.token}
        yield create_integration(tenant, "amocrm", "amoCRM", settings=settings, credentials=credentials)


def contacts_of(simulator: Simulator) -> list[Any]:
    return [
        one for one in simulator.account.tables["contacts"].values() if str(one["name"]).startswith("Anna")
    ]


def test_a_batch_that_is_refused_for_speed_waits_and_is_created_once(
    row: Integration, simulator: Simulator
) -> None:
    plan = SyncPlan.objects.create(
        tenant=row.tenant, integration=row, kind=RecordKind.CONTACT, direction=SyncDirection.EXPORT
    )
    people = [Stored.objects.create(tenant=row.tenant, name=f"Anna {number}") for number in range(3)]
    queue_writes(plan, [one.pk for one in people])
    simulator.fail("429", method="POST", path="/api/v4/contacts", retry_after=None)

    run_sync(plan)
    drain(LANE)

    assert contacts_of(simulator) == []
    assert set(PendingWrite.objects.values_list("is_parked", "is_uncertain", "error")) == {(False, False, "")}

    simulator.clear_faults()
    Work.objects.update(due=timezone.now())
    drain(LANE)

    assert sorted(one["name"] for one in contacts_of(simulator)) == ["Anna 0", "Anna 1", "Anna 2"]
    assert not PendingWrite.objects.exists()
    assert Link.objects.count() == 3


def test_ties_that_are_refused_do_not_hide_what_was_created(row: Integration, simulator: Simulator) -> None:
    company = simulator.account.add("companies", name="Firm")["id"]
    record = Contact(name="Anna", company_ids=(str(company),))
    simulator.fail_next("429", path="/api/v4/contacts/link", retry_after=None)

    with records_of(row) as records:
        [answer] = records.write(RecordKind.CONTACT, [Change(record=record, key="k")])

    [made] = contacts_of(simulator)
    assert answer.outside_id == str(made["id"])
    assert isinstance(answer.error, RateLimited)


# With a field for our key.

KEYS = {"contact_key_field": "16", "company_key_field": "24", "deal_key_field": "33"}


@pytest.fixture
def keyed(row: Integration, simulator: Simulator) -> Integration:
    return update_integration(row, settings={"url": simulator.url, **KEYS})


def test_a_creation_whose_answer_was_lost_is_found_and_not_made_twice(
    keyed: Integration, simulator: Simulator
) -> None:
    plan = SyncPlan.objects.create(
        tenant=keyed.tenant, integration=keyed, kind=RecordKind.CONTACT, direction=SyncDirection.EXPORT
    )
    person = Stored.objects.create(tenant=keyed.tenant, name="Anna")
    queue_writes(plan, [person.pk])
    simulator.fail_next("reset", method="POST", path="/api/v4/contacts", after=True)

    run_sync(plan)
    drain(LANE)

    assert len(contacts_of(simulator)) == 1
    assert PendingWrite.objects.get().is_uncertain
    assert {one.method for one in simulator.requests} == {"POST"}  # the first time nothing is looked for

    Work.objects.update(due=timezone.now())
    drain(LANE)

    [made] = contacts_of(simulator)
    assert Link.objects.get().outside_id == str(made["id"])
    assert not PendingWrite.objects.exists()


@pytest.mark.parametrize(
    ("kind", "plural", "record"),
    [
        (RecordKind.CONTACT, "contacts", Contact(name="Anna")),
        (RecordKind.COMPANY, "companies", Company(name="Anna & Co")),
        (RecordKind.DEAL, "leads", Deal(title="Anna's desk")),
    ],
)
@pytest.mark.parametrize("later", [0, 300])
def test_it_is_found_among_the_newest_and_by_the_search(
    keyed: Integration, simulator: Simulator, kind: RecordKind, plural: str, record: Any, later: int
) -> None:
    key = "0197c3a8-7f10-7c35-9f3e-2f9d1c5b0a11"
    with records_of(keyed, seconds=60) as records:
        assert records.kinds[kind].finds_by_key
        [first] = records.write(kind, [Change(record=record, key=key, is_first=True)])
        for number in range(later):
            simulator.account.add(plural, name=f"Later {number}")
        if not later:  # their index does not have it yet
            simulator.lists.unsearchable = frozenset({int(first.outside_id)})
        again, other = records.write(
            kind, [Change(record=record, key=key), Change(record=record, key=f"{key[:-1]}2")]
        )
        read = records.fetch(kind, first.outside_id)

    assert (first.error, again.error, other.error) == (None, None, None)
    assert first.outside_id == again.outside_id != other.outside_id
    assert read is not None
    assert read.custom == {}  # our key is news to nobody


def test_without_such_a_field_nothing_is_looked_for(row: Integration, simulator: Simulator) -> None:
    with records_of(row) as records:
        records.write(RecordKind.CONTACT, [Change(record=Contact(name="Anna"), key="k")])
        assert not records.kinds[RecordKind.CONTACT].finds_by_key

    assert [request.method for request in simulator.requests] == ["POST"]


def test_a_search_that_is_refused_creates_nothing(keyed: Integration, simulator: Simulator) -> None:
    simulator.fail("500", method="GET", path="/api/v4/contacts")

    with records_of(keyed) as records, pytest.raises(TransientError):
        records.write(RecordKind.CONTACT, [Change(record=Contact(name="Anna"), key="k")])

    assert contacts_of(simulator) == []


@pytest.mark.parametrize(
    ("number", "told"), [("99", "no such field with the ID 99"), ("14", "holds no text")]
)
def test_a_field_that_cannot_hold_our_key_is_told(
    row: Integration, simulator: Simulator, number: str, told: str
) -> None:
    update_integration(row, settings={"url": simulator.url, "contact_key_field": number})

    found = diagnose(row)

    assert not found.works
    assert told in " ".join(str(check.text) for check in found.checks)
