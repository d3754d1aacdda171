"""What can be asked for beside rows and columns: packing, code pages, limits, only what is new, a sheet about the file."""

import csv
import gzip
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
import yaml
from django.test import Client
from django.utils import timezone

from exports.actions import rerun_export
from exports.models import Export, State
from exports.request import InvalidRequest
from exports.tests.support import ask, fresh, make_entries, path_of, run
from exports.tests.test_api import caller
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

LITERAL = "/webhooks/export"


def content(tenant: Tenant, format: str, columns: list[str], **options: str) -> bytes:
    return path_of(run(ask(tenant, format=format, columns=columns, options=options))).read_bytes()


def test_a_file_is_packed_while_it_is_written(tenant: Tenant) -> None:
    make_entries(tenant, 3)
    plain = content(tenant, "csv", ["actor", "id"])

    zipped = run(ask(tenant, columns=["actor", "id"], options={"compress": "zip"}))
    gzipped = run(ask(tenant, columns=["actor", "id"], options={"compress": "gzip"}))

    with zipfile.ZipFile(path_of(zipped)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["audit.csv"]
        assert archive.read("audit.csv") == plain
    assert gzip.decompress(path_of(gzipped).read_bytes()) == plain
    assert (zipped.file_name[-4:], gzipped.file_name[-7:]) == (".zip", ".csv.gz")
    assert zipped.size == path_of(zipped).stat().st_size


def test_a_packed_file_is_downloaded_as_what_it_is(tenant: Tenant) -> None:
    done = run(ask(tenant, options={"compress": "gzip"}))

    answer = caller(tenant).get(f"/export/{done.pk}/download")

    assert answer.headers["Content-Type"] == "application/gzip"
    assert b"".join(answer) == path_of(done).read_bytes()


def test_old_programs_get_their_code_page_and_their_comma(tenant: Tenant) -> None:
    make_entries(tenant, 1, object_name="Ёлка ў ₽ 🙂")

    data = content(tenant, "csv", ["what", "actor"], encoding="cp1251", delimiter="semicolon")

    rows = list(csv.reader(io.StringIO(data.decode("cp1251"), newline=""), delimiter=";", strict=True))
    assert rows[1] == ["thing.done Ёлка ў ? ?", "anna"]


def test_json_and_yaml_say_the_same(tenant: Tenant) -> None:
    make_entries(tenant, 2, after={"a": [1, None, "б\x85\u2028"]}, object_name="yes: \x7f #'\"")
    columns = ["created_at", "what", "after"]

    lines = [json.loads(line) for line in content(tenant, "jsonl", columns).splitlines()]

    assert len(lines) == 2
    assert lines[0]["after"] == {"a": [1, None, "б\x85\u2028"]}
    assert json.loads(content(tenant, "json", columns)) == lines
    assert yaml.safe_load(content(tenant, "yaml", columns)) == lines


@pytest.mark.parametrize(("format", "nothing"), [("json", []), ("yaml", [])])
def test_no_rows_are_an_empty_list(tenant: Tenant, format: str, nothing: Any) -> None:
    assert yaml.safe_load(content(tenant, format, ["actor"])) == nothing


def test_at_most_so_many_rows(tenant: Tenant) -> None:
    make_entries(tenant, 5)

    done = run(ask(tenant, options={"max_records": "3"}))

    assert (done.state, done.rows_done) == (State.DONE, 3)


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "1.5", "²", "9" * 30])
def test_an_impossible_number_of_rows_is_refused(tenant: Tenant, wrong: str) -> None:
    with pytest.raises(InvalidRequest, match=r"options\.max_records"):
        ask(tenant, options={"max_records": wrong})


def test_only_what_is_new_since_the_last_such_export(tenant: Tenant) -> None:
    make_entries(tenant, 2, created_at="2026-01-01T00:00:00Z")
    first = run(ask(tenant, options={"incremental": "yes"}))
    make_entries(tenant, 3, created_at=timezone.now())

    second = run(ask(tenant, options={"incremental": "yes"}))
    other = run(ask(tenant, format="jsonl", options={"incremental": "yes"}))

    assert (first.rows_done, second.rows_done, other.rows_done) == (2, 3, 5)
    assert first.started_at is not None
    assert second.filters["created_at"]["from"] < first.started_at.isoformat()


def test_an_incremental_export_has_no_beginning_of_its_own(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest, match=r"filters\.created_at"):
        ask(tenant, filters={"created_at": {"from": "2026-01-01"}}, options={"incremental": "yes"})
    with pytest.raises(InvalidRequest, match=r"options\.incremental"):
        ask(tenant, "members", options={"incremental": "yes"})
    with pytest.raises(InvalidRequest, match=r"options\.max_records"):
        ask(tenant, options={"incremental": "yes", "max_records": "3"})


def test_an_incremental_export_that_runs_again_has_the_same_rows(tenant: Tenant) -> None:
    make_entries(tenant, 2, created_at="2026-01-01T00:00:00Z")
    run(ask(tenant, options={"incremental": "yes"}))
    make_entries(tenant, 3, created_at=timezone.now())
    second = run(ask(tenant, options={"incremental": "yes"}))

    with tenant_scope(tenant):
        again = run(rerun_export(second))

    assert (again.rows_done, again.filters) == (3, second.filters)


def test_a_workbook_may_tell_about_itself(tenant: Tenant) -> None:
    make_entries(tenant, 2)

    done = run(ask(tenant, format="xlsx", columns=["actor"], options={"metadata": "yes"}))

    book = openpyxl.load_workbook(path_of(done))
    told = dict(book.worksheets[1].iter_rows(values_only=True))
    assert book.sheetnames == ["Audit trail", "About this file"]
    assert (told["Rows"], told["Time zone"]) == ("2", "Europe/Minsk")
    assert told["Filter: Kind"] == "person, key"


class TestFlatBody:
    def post(self, client: Client, **body: Any) -> Any:
        return client.post(LITERAL, {"dataset": "audit", **body}, content_type="application/json")

    def test_it_is_an_export_like_any_other(self, tenant: Tenant) -> None:
        make_entries(tenant, 4, created_at="2026-01-02T00:00:00Z")
        make_entries(tenant, 2, created_at="2026-01-05T00:00:00Z")
        client = caller(tenant)

        made = self.post(
            client, format="csv", date_from="2026-01-01", date_to="2026-01-03", max_records=3,
            include_content=True, compress=True,
        )  # fmt: skip
        with all_tenants():
            done = run(Export.objects.get(pk=made.json()["id"]))
        answer = client.get(f"{LITERAL}/{done.pk}").json()

        assert made.status_code == 201
        assert (answer["state"], answer["rows_done"]) == ("done", 3)
        assert done.filters == {"created_at": {"from": "2026-01-01", "to": "2026-01-03"}}
        assert done.options == {"compress": "zip", "max_records": "3"}
        assert "id" in done.columns
        assert b"".join(client.get(f"/export/{done.pk}/download")) == path_of(done).read_bytes()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"dataset": "nothing"}, "dataset"),
            ({"format": "doc"}, "format"),
            ({"date_from": "yesterday"}, "date_from"),
            ({"status": "done"}, "status"),
            ({"ids": ["x"]}, "ids"),
            ({"ids": []}, "ids"),
            ({"max_records": 0}, "max_records"),
            ({"dataset": "members", "date_to": "2026-01-01"}, "date_to"),
            ({"dataset": "members", "incremental": True}, "incremental"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_is_wrong_is_named(self, tenant: Tenant, body: dict[str, Any], field: str) -> None:
        refused = self.post(caller(tenant), **body)

        assert refused.status_code == 400
        assert field in {error["field"] for error in refused.json()["errors"]}
        with all_tenants():
            assert not Export.objects.exists()

    def test_another_company_finds_nothing(self, tenant: Tenant) -> None:
        export = ask(tenant)

        assert caller(make_tenant(), ["*"]).get(f"{LITERAL}/{export.pk}").status_code == 404
        assert Client().post(LITERAL, {}, content_type="application/json").status_code == 401
        assert fresh(export).state == State.PENDING
