"""The API: ask, look, cancel, download; precise refusals; never another company's."""

from typing import Any

import pytest
from django.test import Client

from exports.models import Export, State
from exports.tests.support import ask, fresh, make_entries, path_of, run
from tenants.models import AuditEntry, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_tenant

URL = "/api/v1/exports/"


def caller(tenant: Tenant, scopes: list[str] | None = None) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_api_key(tenant, scopes or ['exports:*'])[1]}"})


def post(client: Client, body: Any, **headers: str) -> Any:
    return client.post(URL, body, content_type="application/json", headers=headers)


def test_a_job_is_made_run_and_downloaded(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    client = caller(tenant)

    made = post(
        client, {"dataset": "audit", "format": "csv", "columns": ["actor"], "filters": {"actor": "anna"}}
    )
    with all_tenants():
        done = run(Export.objects.get(pk=made.json()["id"]))
    answer = client.get(f"{URL}{done.pk}/").json()

    assert made.status_code == 201
    assert (made.json()["state"], made.json()["download"]) == ("pending", None)
    assert (answer["state"], answer["rows_done"], answer["percent"]) == ("done", 2, 100)
    assert b"".join(client.get(f"{URL}{done.pk}/download/")) == path_of(done).read_bytes()
    assert b"".join(client.get(f"/export/{done.pk}/download")) == path_of(done).read_bytes()
    assert done.requested_by.startswith("key ")


def test_the_same_idempotency_key_makes_one_export(tenant: Tenant) -> None:
    client = caller(tenant)

    first, second = (post(client, {"dataset": "audit"}, **{"Idempotency-Key": "a"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    with tenant_scope(tenant):
        assert Export.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "dataset"),
        ({"dataset": "nothing"}, "dataset"),
        ({"dataset": ["audit"]}, "dataset"),
        ({"dataset": "audit", "format": "doc"}, "format"),
        ({"dataset": "audit", "columns": "actor"}, "columns"),
        ({"dataset": "audit", "columns": ["nothing"]}, "columns"),
        ({"dataset": "audit", "columns": [["actor"]]}, "columns[0]"),
        ({"dataset": "audit", "filters": []}, "filters"),
        ({"dataset": "audit", "filters": {"nothing": 1}}, "filters.nothing"),
        (
            {"dataset": "audit", "filters": {"created_at": {"from": "2026-02-01", "to": "2026-01-01"}}},
            "filters.created_at",
        ),
        ({"dataset": "audit", "options": {"delimiter": "x"}, "format": "csv"}, "options.delimiter"),
        ({"dataset": "audit", "language": "fr"}, "language"),
        ({"dataset": "audit", "colour": "red"}, "colour"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(tenant: Tenant, body: Any, field: str) -> None:
    refused = post(caller(tenant), body)

    assert refused.status_code == 400
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert field in {error["field"].replace("columns.0", "columns[0]") for error in refused.json()["errors"]}
    with tenant_scope(tenant):
        assert not Export.objects.exists()


def test_a_body_that_is_no_object_is_refused(tenant: Tenant) -> None:
    assert post(caller(tenant), ["audit"]).status_code == 400
    assert caller(tenant).post(URL, b"{", content_type="application/json").status_code == 400


def test_cancelling(tenant: Tenant) -> None:
    client, export = caller(tenant), ask(tenant)

    first, second = (client.post(f"{URL}{export.pk}/cancel/") for _ in range(2))

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert second.status_code == 409


def test_deleting_and_running_again(tenant: Tenant) -> None:
    client, export = caller(tenant), run(ask(tenant))

    again = client.post(f"{URL}{export.pk}/rerun/")

    assert (again.status_code, again.json()["state"]) == (201, "pending")
    assert client.delete(f"{URL}{export.pk}/").status_code == 204
    assert client.get(f"{URL}{export.pk}/").status_code == 404


def test_what_can_be_exported(tenant: Tenant) -> None:
    listed = caller(tenant, ["exports:read"]).get("/api/v1/datasets/").json()

    audit = next(dataset for dataset in listed if dataset["name"] == "audit")
    assert audit["formats"] == ["xlsx", "csv", "json", "jsonl", "xml", "yaml", "parquet"]
    assert audit["columns"][0] == {
        "name": "created_at",
        "title": "When",
        "kind": "datetime",
        "is_default": True,
    }
    assert [found["name"] for found in audit["filters"]] == [
        "created_at",
        "kind",
        "actor",
        "object",
        "search",
        "ids",
    ]
    assert caller(tenant).get("/api/v1/datasets/members/").json()["name"] == "members"
    assert caller(tenant).get("/api/v1/datasets/nothing/").status_code == 404


def test_the_list_takes_few_queries(tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    client = caller(tenant)
    for _ in range(5):
        ask(tenant)
    client.get(URL)

    with django_assert_max_num_queries(3):
        assert len(client.get(URL).json()["results"]) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/exports/{}/"),
        ("get", "/api/v1/exports/{}/download/"),
        ("get", "/export/{}/download"),
        ("post", "/api/v1/exports/{}/cancel/"),
        ("post", "/api/v1/exports/{}/rerun/"),
        ("delete", "/api/v1/exports/{}/"),
    ],
)
def test_another_company_finds_nothing(tenant: Tenant, method: str, path: str) -> None:
    waiting, done = ask(tenant), None
    done = run(ask(tenant))
    stranger = caller(make_tenant(), ["*"])

    for export in (waiting, done):
        assert getattr(stranger, method)(path.format(export.pk)).status_code == 404

    assert fresh(done).state == State.DONE
    assert stranger.get(URL).json()["results"] == []


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 200), ("manager", 200), ("agent", 403), ("viewer", 403)]
)
def test_managers_may_and_agents_may_not(tenant: Tenant, client: Client, role: str, status: int) -> None:
    client.force_login(make_member(tenant, role).user)
    export = run(ask(tenant))

    assert client.get(URL).status_code == status
    assert client.get(f"/export/{export.pk}/download").status_code == status


def test_scopes_are_needed(tenant: Tenant) -> None:
    export = run(ask(tenant))

    assert caller(tenant, ["calls:read"]).get(f"/export/{export.pk}/download").status_code == 403
    assert caller(tenant, ["exports:read"]).get(f"/export/{export.pk}/download").status_code == 200
    assert post(caller(tenant, ["exports:read"]), {"dataset": "audit"}).status_code == 403
    assert Client().get(f"{URL}{export.pk}/").status_code == 401


def test_downloads_are_audited(tenant: Tenant) -> None:
    export = run(ask(tenant))
    client = caller(tenant)

    client.get(f"/export/{export.pk}/download")
    client.get(f"/export/{export.pk}/download", headers={"Range": "bytes=5-"})
    client.head(f"/export/{export.pk}/download")

    with tenant_scope(tenant):
        entries = AuditEntry.objects.filter(action="export.downloaded")
        assert [(entry.object_id, entry.actor_kind) for entry in entries] == [(str(export.pk), "key")]
