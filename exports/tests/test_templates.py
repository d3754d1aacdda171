"""Templates: own headings, computed columns with the same bytes on every way, and whose rights count."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exports.actions import rerun_export
from exports.models import Export, ExportTemplate, State
from exports.refusals import InvalidRequest
from exports.request import ExportRequest
from exports.tests.datasets import AUDIT
from exports.tests.support import ask, make_entries, path_of, read_csv, read_xlsx, run
from exports.tests.test_api import caller, post
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import AuditEntry, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant

URL = "/api/v1/export-templates"
COLUMNS: list[Any] = [
    "created_at",
    {"name": "actor", "title": "Кто"},
    {"name": "shout", "title": "Loud", "expression": "upper(actor) & '!'"},
    {"name": "hours", "expression": "hour(created_at) + 0.5"},
]


def make_template(tenant: Tenant, **values: Any) -> ExportTemplate:
    with tenant_scope(tenant):
        template = ExportTemplate(
            tenant=tenant,
            **{"name": "Mine", "dataset": "audit", "format": "csv", "columns": COLUMNS, **values},
        )
        template.full_clean()
        template.save()
    return template


def test_own_headings_and_computed_columns(tenant: Tenant) -> None:
    make_entries(tenant, 1, created_at="2026-01-31T21:05:00Z")

    done = run(ask(tenant, columns=COLUMNS))

    assert read_csv(done) == [
        ["When", "Кто", "Loud", "hours"],
        ["2026-02-01 00:05:00", "anna", "ANNA!", "0.5"],
    ]
    assert done.columns == COLUMNS


@pytest.mark.parametrize("format", ["csv", "xlsx", "json", "jsonl", "xml", "yaml"])
def test_computed_columns_in_every_format(tenant: Tenant, format: str) -> None:
    make_entries(tenant, 3, created_at="2026-01-31T21:05:00Z")

    done = run(ask(tenant, format=format, columns=["actor", COLUMNS[3]]))

    assert (done.state, done.rows_done) == (State.DONE, 3)
    if format == "xlsx":
        assert read_xlsx(path_of(done))[1] == ["anna", 0.5]
    else:
        assert path_of(done).read_bytes().count(b"0.5") == 3


def test_a_heading_alone_leaves_the_fast_way(tenant: Tenant) -> None:
    """Where the database can write cells, it still does."""
    from exports.formats import FORMATS
    from exports.reader import Reader

    with tenant_scope(tenant):
        titled = Reader(AUDIT, ["id", {"name": "actor", "title": "Who?"}], {}, tenant.zone)
        computed = Reader(AUDIT, COLUMNS, {}, tenant.zone)
        dialect = FORMATS["csv"].dialect_for({})
        assert dialect is not None
        is_fast = connection.vendor == "postgresql"
        assert (titled.copy(dialect) is not None) == is_fast
        assert computed.copy(dialect) is None


def test_columns_computed_in_python_and_of_nothing(tenant: Tenant) -> None:
    make_member(tenant, extension=make_extension(tenant, "150"))

    done = run(
        ask(
            tenant,
            "members",
            columns=[
                {"name": "hello", "expression": "left(greeting, 6) & extension"},
                {"name": "one", "expression": "1"},
                {"name": "role_name", "expression": "label(role) & '/' & role"},
            ],
        )
    )

    assert read_csv(done)[1:] == [["'=Hello150", "1", "administrator/admin"]]


@pytest.mark.parametrize(
    ("column", "field", "words"),
    [
        ({"name": "x", "expression": "actr"}, "columns.x", "character 1: There is no column “actr”"),
        ({"name": "X y", "expression": "actor"}, "columns.X y", "small Latin letters"),
        ({"name": "actor", "expression": "actor"}, "columns.actor", "has a column of this name"),
        ({"name": "x"}, "columns", "“x” is unknown"),
        ({"title": "x"}, "columns[1].name", "Give a text"),
        ({"name": "x", "colour": "red"}, "columns[1].colour", "is unknown"),
        ({"name": "x", "expression": 5}, "columns[1].expression", "Give a text"),
        ({"name": "actor", "title": "x" * 201}, "columns.actor", "At most 200"),
        (5, "columns[1]", "A column is a name"),
        ("created_at", "columns", "named twice"),
    ],
)
def test_a_wrong_column_is_named(tenant: Tenant, column: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ExportRequest("audit", "csv", ["created_at", column]).check(tenant.zone)

    assert refused.value.field == field
    assert words in refused.value.message


def test_a_run_again_has_the_same_columns(tenant: Tenant) -> None:
    make_entries(tenant, 1)
    first = run(ask(tenant, columns=COLUMNS))

    with tenant_scope(tenant):
        again = run(rerun_export(first))

    assert read_csv(again)[0] == read_csv(first)[0]
    assert (again.columns, again.language) == (first.columns, first.language)


def test_the_api_keeps_and_uses_templates(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    client = caller(tenant, ["exports:*", "export-templates:*"])

    made = client.post(
        URL,
        {
            "name": "Mine",
            "dataset": "audit",
            "format": "csv",
            "columns": COLUMNS,
            "filters": {"kind": "person"},
        },
        content_type="application/json",
    )
    asked = post(client, {"template": made.json()["id"], "options": {"delimiter": "semicolon"}})
    by_name = post(client, {"template": "Mine", "format": "json", "columns": ["actor"]})
    changed = client.patch(
        f"{URL}/{made.json()['id']}", {"columns": ["actor"]}, content_type="application/json"
    )

    assert (made.status_code, asked.status_code, by_name.status_code) == (201, 201, 201), by_name.json()
    assert asked.json()["columns"] == COLUMNS
    assert asked.json()["filters"] == {"kind": "person"}
    assert asked.json()["options"] == {"delimiter": "semicolon"}
    assert (by_name.json()["format"], by_name.json()["columns"]) == ("json", ["actor"])
    assert changed.json()["columns"] == ["actor"]
    with all_tenants():
        assert len(read_csv(run(Export.objects.get(pk=asked.json()["id"])))) >= 1
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"exporttemplate.created", "exporttemplate.updated"} <= actions
    assert client.delete(f"{URL}/{made.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x"}, "dataset"),
        ({"name": "x", "dataset": "nothing"}, "dataset"),
        ({"name": "x", "dataset": "audit", "columns": ["nothing"]}, "columns"),
        ({"name": "x", "dataset": "audit", "columns": [{"name": "a", "expression": "1 +"}]}, "columns.a"),
        ({"name": "x", "dataset": "audit", "columns": [7]}, "columns[0]"),
        ({"name": "x", "dataset": "audit", "filters": {"kind": "robot"}}, "filters.kind"),
        ({"name": "x", "dataset": "audit", "options": {"max_records": "0"}}, "options.max_records"),
        ({"name": "x", "dataset": "audit", "language": "fr"}, "language"),
        ({"name": "x", "dataset": "audit", "colour": "red"}, "colour"),
        ({"name": "Mine", "dataset": "audit"}, "name"),
    ],
)
def test_a_bad_template_is_a_problem_that_names_the_field(tenant: Tenant, body: Any, field: str) -> None:
    make_template(tenant)

    refused = caller(tenant, ["*"]).post(URL, body, content_type="application/json")

    assert refused.status_code == 400
    assert field in {one["field"].replace("columns.0", "columns[0]") for one in refused.json()["errors"]}
    with tenant_scope(tenant):
        assert ExportTemplate.objects.count() == 1


def test_asking_by_a_template_names_what_is_wrong(tenant: Tenant) -> None:
    make_template(tenant)
    client = caller(tenant, ["*"])

    fields = [
        post(client, body).json()["errors"][0]["field"]
        for body in (
            {},
            {"template": "Nobody's"},
            {"template": "Mine", "dataset": "members"},
            {"template": "Mine", "columns": ["nothing"]},
        )
    ]

    assert fields == ["dataset", "template", "dataset", "columns"]


def test_another_companys_templates_are_nowhere(tenant: Tenant) -> None:
    template = make_template(tenant)
    client = caller(make_tenant(), ["*"])

    assert client.get(URL).json()["results"] == []
    for method in (client.get, client.delete):
        assert method(f"{URL}/{template.pk}").status_code == 404
    assert post(client, {"template": str(template.pk)}).status_code == 400
    assert post(client, {"template": "Mine"}).status_code == 400
    with tenant_scope(tenant):
        assert ExportTemplate.objects.count() == 1


def test_rights_are_those_of_whoever_runs_it(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    make_template(tenant)
    manager = Client()
    manager.force_login(make_member(tenant, "manager").user)
    monkeypatch.setitem(AUDIT.__dict__, "roles", frozenset({"owner", "admin"}))

    refused = post(manager, {"template": "Mine"})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "dataset"
    assert manager.get(URL).json()["results"] == []
    with all_tenants():
        assert not Export.objects.exists()


def test_a_template_whose_data_has_changed_says_so_and_is_kept(tenant: Tenant) -> None:
    template = make_template(tenant)
    columns = [*COLUMNS, "long_gone", {"name": "sum", "expression": "paid + 1"}]
    ExportTemplate._base_manager.filter(pk=template.pk).update(columns=columns)
    client = caller(tenant, ["*"])

    refused = post(client, {"template": "Mine"})
    shown = client.get(f"{URL}/{template.pk}").json()

    assert refused.status_code == 400
    assert "“long_gone” is unknown" in refused.json()["detail"]
    assert shown["columns"] == columns


def test_lists_of_templates_cost_the_same(tenant: Tenant) -> None:
    client = caller(tenant, ["*"])
    counts = []
    for wanted in (2, 8):
        with tenant_scope(tenant):
            for number in range(ExportTemplate.objects.count(), wanted):
                make_template(tenant, name=f"t{number}")
        client.get(URL)
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get(URL).json()["results"]) == wanted
        counts.append(len(asked))

    assert counts[0] == counts[1]


FILE = """
tenants:
- number: "7002"
  export_templates:
  - name: Sales
    dataset: audit
    format: csv
    options: {delimiter: semicolon, max_records: 500}
    filters: {kind: [person]}
    columns: [created_at, {name: actor, title: Buyer}, {name: loud, title: Loud, expression: "upper(actor)"}]
"""


def test_the_file_sets_templates_up_and_a_dump_gives_them_back(db: None) -> None:
    first, again = apply_text(FILE), apply_text(FILE)

    assert [str(one).split(" (")[0] for one in first.changes if "template" in str(one)] == [
        "+ export template Sales"
    ]
    assert again.changes == []
    [company] = dump_tenants(["7002"])["tenants"]
    assert company["export_templates"] == [
        {
            "name": "Sales",
            "dataset": "audit",
            "format": "csv",
            "columns": [
                "created_at",
                {"name": "actor", "title": "Buyer"},
                {"name": "loud", "title": "Loud", "expression": "upper(actor)"},
            ],
            "filters": {"kind": ["person"]},
            "options": {"delimiter": "semicolon", "max_records": "500"},
        }
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{name: X}", "dataset"),
        ("{name: X, dataset: nothing}", "“nothing” is unknown"),
        ("{name: X, dataset: audit, columns: [{name: a, expression: '1 +'}]}", "columns.a: character 4"),
        ("{name: X, dataset: audit, columns: actor}", "columns"),
        ("{name: X, dataset: audit, filters: [1]}", "filters"),
        ("{name: X, dataset: audit, options: {delimiter: [1]}}", "options.delimiter"),
        ("{name: X, dataset: audit, colour: red}", "unknown key “colour”"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(db: None, line: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match="line 4") as caught:
        apply_text(f'tenants:\n- number: "7002"\n  export_templates:\n  - {line}\n')

    assert words in str(caught.value)


def test_a_template_stays_with_its_data(tenant: Tenant) -> None:
    template = make_template(tenant)
    template.dataset, template.columns = "members", []

    with tenant_scope(tenant), pytest.raises(ValidationError, match="cannot be changed"):
        template.full_clean()


def test_a_password_is_kept_by_nothing_that_asks_again(tenant: Tenant) -> None:
    """Neither stored, nor dropped so that the next file would be open."""
    options = {"compress": "zip", "password": "a long secret phrase 42"}

    with pytest.raises(ValidationError, match="not kept") as caught:
        make_template(tenant, options=options)

    assert list(caught.value.message_dict) == ["options.password"]
    owner = make_member(tenant, "admin")
    schedule = {"name": "Nightly", "owner": str(owner.pk), "rhythm": "daily", "at": "07:30"}
    asked = {"dataset": "audit", "format": "csv", "options": options}
    client = Client()
    client.force_login(owner.user)
    answer = client.post("/api/v1/export-schedules", {**schedule, "request": asked}, "application/json")
    assert "not kept" in answer.content.decode()
    assert answer.status_code == 400
    with all_tenants():
        assert not ExportTemplate.objects.exists()
