"""Whatever is asked wrongly is refused with its field's name, fast and in little memory, and leaves nothing behind."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from exports.filters import MAX_IDS
from exports.lanes import LANE
from exports.models import Export, State
from exports.tests.support import AUDIT_LIST, ask, make_entries, only_export, path_of, read_csv, run
from exports.tests.test_api import caller, post
from exports.tests.test_memory import resident
from tenants.ids import uuid7
from tenants.models import Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_member, make_tenant

SECONDS = 5.0
LITERAL = "/webhooks/export"
# Where it is asked, how the same wrong thing is said there, and which field is named.
WRONG: list[tuple[dict[str, Any], str, dict[str, Any], str]] = [
    ({"columns": ["actor", "secret"]}, "columns", {"search": ""}, "search"),
    (
        {"filters": {"created_at": {"from": "2026-02-01", "to": "2026-01-01"}}}, "filters.created_at",
        {"date_from": "2026-02-01", "date_to": "2026-01-01"}, "date_from",
    ),
    (
        {"filters": {"created_at": {"to": "9999-12-31"}}}, "filters.created_at",
        {"date_to": "9999-12-31"}, "date_from",
    ),
    ({"filters": {"created_at": {"from": "2026-02-30"}}}, "filters.created_at", {"date_from": "2026-02-30"}, "date_from"),
    ({"filters": {"ids": ["1"] * (MAX_IDS + 1)}}, "filters.ids", {"ids": ["1"] * (MAX_IDS + 1)}, "ids"),
    ({"filters": {"ids": [{"$gt": 0}]}}, "filters.ids", {"ids": [{"$gt": 0}]}, "ids"),
    ({"filters": {"ids": [[1]]}}, "filters.ids", {"ids": [[1]]}, "ids"),
    ({"filters": {"ids": ["9" * 40]}}, "filters.ids", {"ids": ["9" * 40]}, "ids"),
    ({"filters": {"search": "word " * 11}}, "filters.search", {"search": "word " * 11}, "search"),
    ({"options": {"max_records": "-1"}}, "options.max_records", {"max_records": -1}, "max_records"),
    ({"options": {"max_records": "10000000000"}}, "options.max_records", {"max_records": 10**10}, "max_records"),
    ({"format": "doc"}, "format", {"format": "xls"}, "format"),
]  # fmt: skip


def fields(answer: Any) -> set[str]:
    assert "errors" in answer.json(), answer.json()
    return {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(("body", "field", "flat", "flat_field"), WRONG)
def test_both_bodies_name_the_field(
    tenant: Tenant, body: dict[str, Any], field: str, flat: dict[str, Any], flat_field: str
) -> None:
    client = caller(tenant)

    refused = post(client, {"dataset": "audit", **body})
    also = client.post(LITERAL, {"dataset": "audit", **flat}, content_type="application/json")

    assert (refused.status_code, also.status_code) == (400, 400)
    assert field in fields(refused)
    assert flat_field in fields(also)
    with all_tenants():
        assert not Export.objects.exists()
        assert not Work.objects.filter(lane=LANE).exists()


def measured(client: Client, body: bytes) -> tuple[Any, float, int]:
    """The answer, the seconds that it took, and the bytes of memory that it took at its peak."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = resident(), time.monotonic()
    answer = client.post("/api/v1/exports/", body, content_type="application/json")
    seconds = time.monotonic() - began
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return answer, seconds, peak - before


@pytest.mark.parametrize("name", ["id", "number"])
def test_a_million_ids_are_refused_by_their_count(tenant: Tenant, name: str, settings: Any) -> None:
    """Within the size that a request may have."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50_000_000
    client = caller(tenant)
    ids = ",".join(['"1234567890"' if name == "id" else "1234567"] * 1_000_000)
    body = f'{{"dataset": "audit", "format": "csv", "filters": {{"ids": [{ids}]}}}}'.encode()

    refused, seconds, peak = measured(client, body)

    assert (refused.status_code, fields(refused)) == (400, {"filters.ids"})
    assert f"{MAX_IDS}" in refused.json()["errors"][0]["message"]
    assert len(refused.content) < 2_000
    # The request itself and what its JSON comes to: no query is ever made of it.
    assert peak < 200_000_000
    assert seconds < SECONDS


def test_a_million_ids_are_refused_by_their_size(tenant: Tenant) -> None:
    body = b'{"dataset": "audit", "filters": {"ids": [' + b'"1234567890",' * 1_000_000 + b'"1"]}}'
    client = caller(tenant)

    refused, seconds, peak = measured(client, body)

    assert refused.status_code == 413
    assert peak < 3 * len(body)
    assert seconds < SECONDS


@pytest.mark.usefixtures("audit_page")
def test_a_million_chosen_rows_are_refused_in_the_admin(tenant: Tenant, manager: Client) -> None:
    ids = ",".join(["1234567"] * (MAX_IDS + 1))

    page = manager.post(
        f"{AUDIT_LIST}export/?ids={ids}", {"format": "csv", "columns": ["actor"]}, follow=False
    )

    assert page.status_code == 200
    assert "ids: " in " ".join(page.context["form"].non_field_errors())
    assert len(page.content) < 10 * len(ids)
    with all_tenants():
        assert not Export.objects.exists()


def test_as_many_ids_as_are_taken_are_found(tenant: Tenant) -> None:
    """The limit itself is within what the database can be asked."""
    made = make_entries(tenant, 3)
    ids = [str(entry.pk) for entry in made] + [str(uuid7()) for _ in range(MAX_IDS - 3)]

    done = run(ask(tenant, columns=["id", "actor"], filters={"ids": ids}))

    assert (done.state, done.rows_done) == (State.DONE, 3)


def test_ids_of_another_company_find_nothing(tenant: Tenant) -> None:
    other = make_tenant()
    (foreign,) = make_entries(other, 1)
    (own,) = make_entries(tenant, 1)
    client = caller(tenant)

    made = post(
        client,
        {
            "dataset": "audit",
            "format": "csv",
            "columns": ["id"],
            "filters": {"ids": [str(foreign.pk), str(own.pk)]},
        },
    )
    with all_tenants():
        done = run(Export.objects.get(pk=made.json()["id"]))

    assert read_csv(done)[1:] == [[str(own.pk)]]


def test_a_related_id_of_another_company_finds_nothing(tenant: Tenant) -> None:
    other = make_tenant()
    extension = make_extension(other, "150")
    make_member(other, extension=extension)
    make_member(tenant, extension=make_extension(tenant, "150"))

    done = run(ask(tenant, "members", columns=["user"], filters={"extension": str(extension.pk)}))

    assert (done.state, done.rows_done) == (State.DONE, 0)


@pytest.mark.parametrize("format", ["csv", "xlsx", "json", "parquet"])
@pytest.mark.parametrize("password", ["", "Kolas & Kupala 1912"])
def test_a_file_beyond_the_limit_fails_and_is_gone(
    tenant: Tenant, settings: Any, format: str, password: str
) -> None:
    settings.EXPORT_MAX_FILE_SIZE = 500
    make_entries(tenant, 100)
    packing = {"compress": "zip"} if format in ("csv", "json") else {}

    failed = run(ask(tenant, format=format, options={**packing, "password": password} if password else {}))

    assert (failed.state, failed.error_code) == (State.FAILED, "too_large")
    assert "500" in failed.reason
    assert list(path_of(failed).parent.iterdir()) == []
    assert not Work.objects.filter(lane=LANE).exists()


@pytest.mark.usefixtures("audit_page")
def test_a_post_beyond_the_form_is_answered_in_the_form(tenant: Tenant, manager: Client) -> None:
    data = {"format": "doc", "columns": ["secret"], "any_max_records": "0", "csv_delimiter": "x"}

    page = manager.post(f"{AUDIT_LIST}export/", data)

    assert page.status_code == 200
    errors = page.context["form"].errors
    assert set(errors) == {"format", "any_max_records", "csv_delimiter"}
    unknown = manager.post(f"{AUDIT_LIST}export/", {"format": "csv", "columns": ["secret"]})
    assert "secret" in str(unknown.context["form"].errors["columns"])
    with all_tenants():
        assert not Export.objects.exists()


@pytest.mark.usefixtures("audit_page")
def test_what_the_form_takes_is_what_is_made(tenant: Tenant, manager: Client) -> None:
    manager.post(f"{AUDIT_LIST}export/", {"format": "parquet", "columns": ["actor"], "any_max_records": "5"})

    assert (only_export().format, only_export().options) == ("parquet", {"max_records": "5"})
