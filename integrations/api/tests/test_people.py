"""Contacts and companies over the API: made, changed, merged and taken apart, each exactly once and with the field named."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.api.tests.test_records import keep
from integrations.duplicates import jobs
from integrations.models import (
    Company,
    Contact,
    ContactPoint,
    Integration,
    PendingWrite,
    RecordMerge,
    SyncPlan,
)
from integrations.records import RecordKind
from integrations.store.pending import queue_writes
from integrations.store.tests.test_upsert import ANNA
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

BORIS = {"name": "Boris Example", "phones": ["8 029 123-45-71"], "emails": ["Boris@Example.com"]}


@pytest.fixture
def integration() -> Iterator[Integration]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield integration


@pytest.fixture
def client(integration: Integration) -> Client:
    return Client(headers={"x-api-key": make_api_key(integration.tenant, ["*"])[1]})


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def patch(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def fields(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    return [one["field"] for one in answer.json()["errors"]]


def test_a_contact_is_made_once_found_and_told(client: Client, integration: Integration) -> None:
    made = post(client, "contacts", BORIS, **{"idempotency-key": "b-1"})
    again = post(client, "contacts", BORIS, **{"idempotency-key": "b-1"})

    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json()["id"] == again.json()["id"]
    row = Contact.objects.get()
    assert (row.phones, row.emails, row.search_key) == (
        ["+375291234571"],
        ["boris@example.com"],
        "boris example",
    )
    assert ContactPoint.objects.count() == 2
    assert client.get("/api/v1/contacts", {"phone": "+375291234571"}).json()["results"][0]["id"] == str(
        row.pk
    )
    told = Event.objects.get(type="contact.created").data
    assert told == {
        "id": str(row.pk), "name": "Boris Example", "phones": ["+375291234571"], "emails": ["boris@example.com"],
    }  # fmt: skip
    assert AuditEntry.objects.get(action="contact.created").after["name"] == "Boris Example"


def test_a_change_names_its_fields_and_moves_the_numbers(client: Client, integration: Integration) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    anna = Contact.objects.get()

    answer = patch(client, f"contacts/{anna.pk}", {"phones": ["+375291234572"], "custom": {"vip": True}})

    assert answer.status_code == 200, answer.content
    assert answer.json()["phones"] == ["+375291234572"]
    anna.refresh_from_db()
    assert (anna.name, anna.custom) == ("Anna Example", {"vip": True})
    assert [one.value for one in ContactPoint.objects.filter(type="phone")] == ["+375291234572"]
    assert Event.objects.get(type="contact.updated").data["changed"] == ["custom", "phones"]
    assert patch(client, f"contacts/{anna.pk}", {"phones": ["+375291234572"]}).status_code == 200
    assert Event.objects.filter(type="contact.updated").count() == 1


def test_whoever_is_slower_is_told(client: Client, integration: Integration) -> None:
    made = post(client, "companies", {"name": "June", "website": "https://june.example"})
    address = f"companies/{made.json()['id']}"
    tag = client.get(f"/api/v1/{address}").headers["ETag"]

    first = patch(client, address, {"name": "June Ltd"}, **{"if-match": tag})
    second = patch(client, address, {"name": "June Inc"}, **{"if-match": tag})
    third = patch(client, address, {"name": "June Inc"}, **{"if-match": first.headers["ETag"]})

    assert [one.status_code for one in (first, second, third)] == [200, 412, 200]
    assert second.json()["code"] == "changed_meanwhile"
    assert fields(patch(client, address, {"name": "x"}, **{"if-match": '"never"'})) == ["If-Match"]
    assert Company.objects.get().name == "June Inc"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["name"]),
        ({"name": "", "phones": []}, ["name"]),
        ({"name": "x", "phones": ["call me"]}, ["phones"]),
        ({"name": "x", "emails": ["nobody"]}, ["emails"]),
        ({"name": "x", "phones": "123"}, ["phones"]),
        ({"name": "x", "phones": ["+375291234570"] * 51}, ["phones"]),
        ({"name": "x", "colour": "red"}, ["colour"]),
        ({"name": "x", "merged_into": str(uuid4())}, ["merged_into"]),
        ({"name": ["x"]}, ["name"]),
        ({"name": "x", "custom": {"much": "x" * 300_000}}, ["custom"]),
        ({"name": "x", "responsible_id": "x" * 201}, ["responsible_id"]),
    ],
)
def test_a_wrong_body_names_its_fields_and_makes_nothing(
    client: Client, integration: Integration, body: Any, named: list[str]
) -> None:
    assert [one.partition("[")[0] for one in fields(post(client, "contacts", body))] == named
    assert not Contact.objects.exists()
    assert not Event.objects.exists()


@pytest.fixture
def two(client: Client, integration: Integration) -> tuple[Contact, Contact]:
    keep(integration, RecordKind.CONTACT, ANNA)
    post(client, "contacts", {**BORIS, "phones": ["+375291234570"], "emails": ["anna@example.com"]})
    anna, boris = Contact.objects.order_by("pk")
    return anna, boris


def test_duplicates_are_found_merged_and_taken_apart(client: Client, two: tuple[Contact, Contact]) -> None:
    anna, boris = two
    (group,) = client.get("/api/v1/contacts/duplicates").json()["results"]
    assert group["sameness"] == "both"
    assert {one["type"] for one in group["reasons"]} == {"phone", "email"}
    assert {one["id"] for one in group["records"]} == {str(anna.pk), str(boris.pk)}
    assert client.get("/api/v1/companies/duplicates").json()["results"] == []

    body = {"records": [str(boris.pk)], "choices": {"name": str(boris.pk)}}
    merged = post(client, f"contacts/{anna.pk}/merge", body, **{"idempotency-key": "m-1"})
    again = post(client, f"contacts/{anna.pk}/merge", body, **{"idempotency-key": "m-1"})

    assert (merged.status_code, again.json()["id"]) == (200, merged.json()["id"])
    assert client.get(f"/api/v1/contacts/{anna.pk}").json()["name"] == "Boris Example"
    assert client.get(f"/api/v1/contacts/{boris.pk}").json()["merged_into"] == str(anna.pk)
    assert [one["id"] for one in client.get("/api/v1/contacts").json()["results"]] == [str(anna.pk)]
    assert post(client, f"contacts/{anna.pk}/merge", body).status_code == 409
    assert patch(client, f"contacts/{boris.pk}", {"name": "x"}).status_code == 409
    assert client.get(f"/api/v1/contacts/{anna.pk}/merges").json()[0]["merged"][0]["id"] == str(boris.pk)

    undone = post(client, f"contacts/{boris.pk}/unmerge", {})

    assert undone.json()["undone_at"] is not None
    assert client.get(f"/api/v1/contacts/{boris.pk}").json()["merged_into"] is None
    assert Contact.objects.get(pk=anna.pk).name == "Anna Example"
    assert post(client, f"contacts/{boris.pk}/unmerge", {}).status_code == 409


def test_many_are_counted_first(client: Client, two: tuple[Contact, Contact]) -> None:
    counted = post(client, "contacts/duplicates/merge", {})
    assert counted.json() == {"count": 1, "dry_run": True, "job": None}
    assert post(client, "contacts/duplicates/merge", {"sameness": "phone"}).json()["count"] == 0

    started = post(client, "contacts/duplicates/merge", {"dry_run": False}).json()
    drain(jobs.LANE)

    job = client.get(f"/api/v1/duplicate-jobs/{started['job']}").json()
    assert (job["state"], job["merged"], job["percent"]) == ("completed", 1, 100)
    assert post(client, f"duplicate-jobs/{started['job']}/cancel", {}).status_code == 409
    assert RecordMerge.objects.get().is_automatic is False
    assert post(client, "contacts/duplicates/search", {}).status_code == 202
    assert post(client, "contacts/duplicates/search", {}).status_code == 409


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "records"),
        ({"records": []}, "records"),
        ({"records": ["x"]}, "records"),
        ({"records": [str(uuid4())]}, "records"),
        ({"records": [str(uuid4())], "choices": {"colour": str(uuid4())}}, "choices"),
        ({"losers": []}, "losers"),
    ],
)
def test_a_wrong_merge_names_its_field(
    client: Client, two: tuple[Contact, Contact], body: Any, named: str
) -> None:
    answer = post(client, f"contacts/{two[0].pk}/merge", body)

    assert fields(answer)[0].startswith(named)
    assert not RecordMerge.objects.exists()


def test_another_companys_records_are_not_there(client: Client, two: tuple[Contact, Contact]) -> None:
    other = make_tenant()
    stranger = Client(headers={"x-api-key": make_api_key(other, ["*"])[1]})
    own = post(stranger, "contacts", BORIS).json()["id"]

    assert fields(post(stranger, f"contacts/{own}/merge", {"records": [str(two[0].pk)]})) == ["records"]
    assert post(stranger, f"contacts/{two[0].pk}/merge", {"records": [own]}).status_code == 404
    assert patch(stranger, f"contacts/{two[0].pk}", {"name": "x"}).status_code == 404
    assert stranger.get("/api/v1/contacts/duplicates").json()["results"] == []


def test_a_page_of_groups_costs_the_same_however_long_it_is(client: Client, integration: Integration) -> None:
    costs = []
    for count in (2, 12):
        for one in range(count):
            post(client, "contacts", {"name": "x", "phones": [f"+3752912{count:02d}{one // 2:03d}"]})
        client.get("/api/v1/contacts/duplicates")
        with CaptureQueriesContext(connection) as queries:
            client.get("/api/v1/contacts/duplicates")
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 6


def test_a_contact_is_deleted_once_and_restored(
    client: Client, integration: Integration, two: tuple[Contact, Contact]
) -> None:
    anna, boris = two
    plan = SyncPlan.objects.create(
        tenant=integration.tenant, integration=integration, kind="contact", direction="both", is_enabled=True
    )
    queue_writes(plan, [anna.pk, boris.pk])
    PendingWrite.objects.filter(record_id=boris.pk).update(is_uncertain=True, is_parked=True)

    answers = [client.delete(f"/api/v1/contacts/{one.pk}").status_code for one in (anna, anna, boris)]

    assert answers == [204, 204, 204]
    shown = client.get(f"/api/v1/contacts/{anna.pk}").json()
    assert (shown["name"], bool(shown["deleted_at"]), len(shown["links"])) == ("Anna Example", True, 1)
    assert client.get("/api/v1/contacts", {"deleted": "false"}).json()["results"] == []
    assert not ContactPoint.objects.exists()
    assert client.get("/api/v1/contacts/duplicates").json()["results"] == []
    assert [one.data["name"] for one in Event.objects.filter(type="contact.deleted").order_by("id")] == [
        "Anna Example", "Boris Example",
    ]  # fmt: skip
    assert "source" not in Event.objects.filter(type="contact.deleted").order_by("id")[0].data
    entry = AuditEntry.objects.filter(action="contact.deleted").order_by("id")[0]
    assert entry.before["name"] == "Anna Example"
    # Of what may have been created there a person has to know.
    assert list(PendingWrite.objects.values_list("record_id", "is_uncertain")) == [(boris.pk, True)]
    assert patch(client, f"contacts/{anna.pk}", {"name": "x"}).status_code == 409

    restored = [post(client, f"contacts/{anna.pk}/restore", {}) for _try in (1, 2)]

    assert [one.status_code for one in restored] == [200, 200]
    assert (restored[0].json()["deleted_at"], restored[0].json()["name"]) == (None, "Anna Example")
    assert Event.objects.get(type="contact.updated").data["changed"] == ["deleted_at"]
    assert AuditEntry.objects.filter(action="contact.restored").count() == 1
    assert PendingWrite.objects.filter(record_id=anna.pk).count() == 1
    found = client.get("/api/v1/contacts", {"phone": "+375291234570"}).json()["results"]
    assert [one["id"] for one in found] == [str(anna.pk)]


def test_what_is_deleted_here_stays_so_whatever_changes_there(
    client: Client, integration: Integration
) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    anna = Contact.objects.get()
    client.delete(f"/api/v1/contacts/{anna.pk}")
    Event.objects.all().delete()

    keep(integration, RecordKind.CONTACT, replace(ANNA, name="Anna Other", phones=("+375291234579",)))

    anna.refresh_from_db()
    assert (anna.name, anna.deleted_at is None) == ("Anna Other", False)
    assert not Event.objects.exists()
    assert not ContactPoint.objects.exists()
    post(client, f"contacts/{anna.pk}/restore", {})
    assert ContactPoint.objects.filter(value="+375291234579").count() == 1


def test_a_deletion_is_refused_to_whoever_may_not(
    client: Client, integration: Integration, two: tuple[Contact, Contact]
) -> None:
    anna, boris = two
    stranger = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})
    reader = Client(headers={"x-api-key": make_api_key(integration.tenant, ["contacts:read"])[1]})
    address = f"/api/v1/contacts/{anna.pk}"

    assert (stranger.delete(address).status_code, reader.delete(address).status_code) == (404, 403)
    assert post(stranger, f"contacts/{anna.pk}/restore", {}).status_code == 404
    assert client.delete(f"/api/v1/companies/{anna.pk}").status_code == 404
    assert client.delete(f"/api/v1/contacts/{uuid4()}").status_code == 404
    old = {"if-match": '"2020-01-01T00:00:00+00:00"'}
    assert client.delete(address, headers=old).status_code == 412
    assert post(client, f"contacts/{anna.pk}/merge", {"records": [str(boris.pk)]}).status_code == 200
    part = f"/api/v1/contacts/{boris.pk}"
    assert client.delete(part).status_code == 409
    assert post(client, f"contacts/{boris.pk}/restore", {}).status_code == 409
    assert Contact.objects.filter(deleted_at__isnull=True).count() == 1
    assert not Event.objects.filter(type="contact.deleted").exists()


def test_a_company_is_deleted_without_an_event(client: Client, integration: Integration) -> None:
    made = post(client, "companies", {"name": "June"}).json()["id"]

    assert client.delete(f"/api/v1/companies/{made}").status_code == 204
    assert Company.objects.get().deleted_at is not None
    assert AuditEntry.objects.filter(action="company.deleted").count() == 1
    assert not Event.objects.filter(type__startswith="compan").exists()
