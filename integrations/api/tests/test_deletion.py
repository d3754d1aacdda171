"""Records of every kind deleted and restored over the API: once, told, kept so, and not what only mirrors a count."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from integrations.actions.remove_records import remove_records
from integrations.api.tests.test_records import PATHS, keep
from integrations.models import MODELS, Integration, Link, Order, PendingWrite, SyncPlan
from integrations.records import RecordKind
from integrations.store.deleting import MIRRORED
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA, EVERY, NINE
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_tenant

pytestmark = pytest.mark.django_db

TOLD = {RecordKind.CONTACT, RecordKind.DEAL, RecordKind.ORDER, RecordKind.PRODUCT}
DECIDED_HERE = [kind for kind in PATHS if kind not in MIRRORED]


@pytest.fixture
def integration() -> Iterator[Integration]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield integration


@pytest.fixture
def client(integration: Integration) -> Client:
    return Client(headers={"x-api-key": make_api_key(integration.tenant, ["*"])[1]})


def kept(integration: Integration, kind: RecordKind) -> tuple[Any, str]:
    """The record, and its address."""
    keep(integration, kind, EVERY[kind])
    row = MODELS[kind].objects.get()
    return row, f"/api/v1/{PATHS[kind]}/{row.pk}"


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_every_kind_has_a_path() -> None:
    assert set(PATHS) == set(MODELS)


@pytest.mark.parametrize("kind", DECIDED_HERE)
def test_a_record_is_deleted_once_and_restored(
    client: Client, integration: Integration, kind: RecordKind
) -> None:
    row, address = kept(integration, kind)
    SyncPlan.objects.create(
        tenant=integration.tenant, integration=integration, kind=kind, direction="both", is_enabled=True
    )
    Event.objects.all().delete()
    tag = client.get(address).headers["ETag"]

    answers = [client.delete(address, headers={"if-match": tag}).status_code for _try in (1, 2)]

    assert answers == [204, 204]
    shown = client.get(address).json()
    assert (bool(shown["deleted_at"]), len(shown["links"])) == (True, 1)
    assert client.get(f"/api/v1/{PATHS[kind]}", {"deleted": "false"}).json()["results"] == []
    assert events() == ([f"{kind}.deleted"] if kind in TOLD else [])
    assert AuditEntry.objects.get(action=f"{kind}.deleted").before
    assert Link.objects.get().status == "active"

    restored = [client.post(f"{address}/restore") for _try in (1, 2)]

    assert [one.status_code for one in restored] == [200, 200]
    assert restored[0].json()["deleted_at"] is None
    row.refresh_from_db()
    assert row.deleted_at is None
    assert AuditEntry.objects.filter(action=f"{kind}.restored").count() == 1
    assert PendingWrite.objects.filter(record_id=row.pk).count() == 1
    assert [one for one in events() if one == f"{kind}.updated"] == (
        [f"{kind}.updated"] if kind in TOLD | {RecordKind.INVOICE} else []
    )


@pytest.mark.parametrize("kind", DECIDED_HERE)
def test_what_is_deleted_here_stays_so_whatever_changes_there(
    client: Client, integration: Integration, kind: RecordKind
) -> None:
    row, address = kept(integration, kind)
    client.delete(address)
    Event.objects.all().delete()

    keep(integration, kind, replace(EVERY[kind], custom={"colour": "red"}))

    row.refresh_from_db()
    assert (row.custom, row.deleted_at is None) == ({"colour": "red"}, False)
    assert events() == []


@pytest.mark.parametrize("kind", MIRRORED)
def test_what_a_system_counts_stays_until_no_system_has_it(
    client: Client, integration: Integration, kind: RecordKind
) -> None:
    row, address = kept(integration, kind)

    refused = client.delete(address)

    assert (refused.status_code, str(row) in refused.json()["detail"]) == (409, True)
    row.refresh_from_db()
    assert row.deleted_at is None
    assert not AuditEntry.objects.filter(action=f"{kind}.deleted").exists()

    Link.objects.all().delete()  # as with its integration
    assert client.delete(address).status_code == 204
    assert client.post(f"{address}/restore").json()["deleted_at"] is None


@pytest.mark.parametrize("kind", MIRRORED)
def test_what_is_gone_there_is_gone_here(client: Client, integration: Integration, kind: RecordKind) -> None:
    row, address = kept(integration, kind)

    remove_records(Owner.of(integration.pk), kind, [EVERY[kind].outside_id])

    assert client.delete(address).status_code == 204
    row.refresh_from_db()
    assert row.deleted_at is not None
    assert not AuditEntry.objects.filter(action=f"{kind}.deleted").exists()


def test_a_deleted_order_is_told_with_its_lines_and_named_by_its_client(
    client: Client, integration: Integration
) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    keep(integration, RecordKind.ORDER, NINE)
    order = Order.objects.get()

    client.delete(f"/api/v1/orders/{order.pk}")

    told = Event.objects.get(type="order.deleted").data
    assert (told["number"], [line["name"] for line in told["items"]]) == ("9999", ["Lamp"])
    assert told["total"] == {"amount": "403", "currency": "BYN"}
    assert "source" not in told
    assert AuditEntry.objects.get(action="order.deleted").before["total"] == "403"
    assert client.get(f"/api/v1/orders/{order.pk}").json()["references"][0]["outside_id"] == "51"


@pytest.mark.parametrize("kind", PATHS)
def test_nobody_deletes_who_may_not(client: Client, integration: Integration, kind: RecordKind) -> None:
    row, address = kept(integration, kind)
    stranger = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})
    reader = Client(headers={"x-api-key": make_api_key(integration.tenant, [f"{PATHS[kind]}:read"])[1]})

    assert (stranger.delete(address).status_code, reader.delete(address).status_code) == (404, 403)
    assert [one.post(f"{address}/restore").status_code for one in (stranger, reader)] == [404, 403]
    old = {"if-match": '"2020-01-01T00:00:00+00:00"'}
    assert client.delete(address, headers=old).status_code in (409, 412)
    row.refresh_from_db()
    assert row.deleted_at is None
