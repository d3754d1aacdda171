"""Records over the API: every kind, with what hangs on it, narrowed, and for their own company only."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.actions.upsert_records import upsert_records
from integrations.models import Contact, Integration
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA, EVERY, NINE
from integrations.tests.factories import make_integration
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_tenant

pytestmark = pytest.mark.django_db

PATHS = {
    RecordKind.CONTACT: "contacts",
    RecordKind.COMPANY: "companies",
    RecordKind.DEAL: "deals",
    RecordKind.ORDER: "orders",
    RecordKind.PRODUCT: "products",
    RecordKind.STOCK: "stock",
    RecordKind.INVOICE: "invoices",
    RecordKind.PAYMENT: "payments",
    RecordKind.DOCUMENT: "documents",
}


@pytest.fixture
def integration() -> Iterator[Integration]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield integration


@pytest.fixture
def client(integration: Integration) -> Client:
    return Client(headers={"x-api-key": make_api_key(integration.tenant, ["*"])[1]})


def keep(integration: Integration, kind: RecordKind, *records: Any) -> None:
    upsert_records(Owner.of(integration.pk), kind, records)


def ids(client: Client, path: str, **wanted: Any) -> list[str]:
    answer = client.get(f"/api/v1/{path}", wanted)
    assert answer.status_code == 200, answer.content
    return [one["links"][0]["outside_id"] for one in answer.json()["results"]]


@pytest.mark.parametrize("kind", PATHS)
def test_every_kind_is_listed_and_shown(client: Client, integration: Integration, kind: RecordKind) -> None:
    keep(integration, kind, EVERY[kind])

    (listed,) = client.get(f"/api/v1/{PATHS[kind]}").json()["results"]
    shown = client.get(f"/api/v1/{PATHS[kind]}/{listed['id']}").json()

    assert shown == listed
    assert shown["links"] == [
        {
            "integration": str(integration.pk), "connector": "retailcrm",
            "outside_id": EVERY[kind].outside_id, "status": "active", "synced_at": shown["links"][0]["synced_at"],
        }
    ]  # fmt: skip


def test_an_order_has_its_lines_and_its_client(client: Client, integration: Integration) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    keep(integration, RecordKind.ORDER, NINE)

    (order,) = client.get("/api/v1/orders").json()["results"]

    assert (order["total"], order["currency"], order["status"]) == ("403.0000", "BYN", "new")
    assert [(line["name"], line["quantity"]) for line in order["lines"]] == [("Lamp", "2.0000")]
    anna = Contact.objects.get()
    assert order["references"] == [
        {"name": "contact_ids", "kind": "contact", "id": str(anna.pk), "outside_id": "51"}
    ]
    assert ids(client, "orders", contact=str(anna.pk)) == ["9"]
    assert ids(client, "orders", contact=order["id"]) == []


def test_a_list_is_narrowed(client: Client, integration: Integration) -> None:
    keep(
        integration,
        RecordKind.CONTACT,
        ANNA,
        replace(ANNA, outside_id="52", phones=("+375291234571",), emails=()),
    )

    assert ids(client, "contacts", phone="8 (029) 123-45-71") == ["52"]
    assert ids(client, "contacts", phone="+375291234570") == ["51"]
    assert ids(client, "contacts", email="ANNA@example.com") == ["51"]
    assert ids(client, "contacts", integration=str(integration.pk), outside_id="52") == ["52"]
    assert ids(client, "contacts", outside_id="51") == ["51"]
    assert ids(client, "contacts", deleted="true") == []
    assert ids(client, "contacts", updated_from="2030-01-01T00:00:00Z") == []
    assert sorted(ids(client, "contacts", deleted="false")) == ["51", "52"]


@pytest.mark.parametrize(
    ("path", "wanted", "field"),
    [
        ("contacts", {"phones": "1"}, "phones"),
        ("contacts", {"integration": "x"}, "integration"),
        ("orders", {"status": "x"}, "status"),
        ("deals", {"updated_from": "yesterday"}, "updated_from"),
        ("messages", {"deleted": "x"}, "deleted"),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, path: str, wanted: dict[str, str], field: str) -> None:
    answer = client.get(f"/api/v1/{path}", wanted)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_page_costs_the_same_however_long_it_is(client: Client, integration: Integration) -> None:
    costs = []
    for count in (2, 40):
        keep(integration, RecordKind.ORDER, *(replace(NINE, outside_id=str(one)) for one in range(count)))
        client.get("/api/v1/orders")
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get("/api/v1/orders?page_size=50").json()["results"]) == count
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 7


def test_only_a_key_with_that_scope_reads(integration: Integration) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    orders = Client(headers={"x-api-key": make_api_key(integration.tenant, ["orders:read"])[1]})
    strangers = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})
    anna = Contact.objects.get()

    assert orders.get("/api/v1/orders").status_code == 200
    assert orders.get("/api/v1/contacts").status_code == 403
    assert strangers.get("/api/v1/contacts").json()["results"] == []
    assert strangers.get(f"/api/v1/contacts/{anna.pk}").status_code == 404
    assert strangers.get("/api/v1/contacts", {"integration": str(integration.pk)}).json()["results"] == []
