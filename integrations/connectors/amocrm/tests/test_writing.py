"""What amoCRM refuses for speed was not done: it is sent again, once, and nobody has to look there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from integrations.actions.run_sync import LANE, run_sync
from integrations.actions.save_integration import create_integration
from integrations.capabilities import Change
from integrations.connectors.amocrm.simulator import Simulator
from integrations.models import Contact as Stored
from integrations.models import Integration, Link, PendingWrite, SyncDirection, SyncPlan
from integrations.records import Contact, RecordKind
from integrations.store.pending import queue_writes
from integrations.tests.records_bench import records_of
from tenants.errors import RateLimited
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
