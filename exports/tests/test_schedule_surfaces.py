"""Schedules and templates in the admin, in the API and in the configuration file."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exports.models import Export, ExportDestination, ExportSchedule, ExportTemplate, ScheduleRun
from exports.tests.datasets import AUDIT
from exports.tests.support import make_entries
from exports.tests.test_admin import AUDIT_LIST
from exports.tests.test_api import caller
from exports.tests.test_schedules import again, make_schedule
from exports.tests.test_templates import COLUMNS, make_template
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import AuditEntry, Member, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant, make_user

URL = "/api/v1/export-schedules"
JSON = "application/json"


@pytest.fixture
def owner(tenant: Tenant) -> Member:
    return make_member(tenant, "admin", user=make_user(email="anna@example.com", username="anna"))


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def page(model: str, name: str, *args: Any) -> str:
    return reverse(f"admin:exports_{model}_{name}", args=args)


def test_a_template_is_made_looked_at_and_changed(tenant: Tenant, owner: Member) -> None:
    make_entries(tenant, 12)
    client = signed_in(owner)
    sent = {
        "dataset": "audit",
        "name": "Mine",
        "format": "csv",
        "csv_delimiter": "semicolon",
        "any_max_records": "500",
        "columns": ["computed_1", "actor"],
        "title-actor": "Who it was",
        "title-computed_1": "Loud",
        "expression-computed_1": "upper(actor) & '!'",
        "title-address": "not ticked",
    }

    choice = client.get(page("exporttemplate", "add")).content.decode()
    empty = client.get(page("exporttemplate", "add") + "?dataset=audit").content.decode()
    preview = client.post(page("exporttemplate", "preview"), sent).content.decode()
    made = client.post(page("exporttemplate", "add") + "?dataset=audit", sent)
    with tenant_scope(tenant):
        template = ExportTemplate.objects.get()
    shown = client.get(page("exporttemplate", "change", template.pk)).content.decode()
    changed = client.post(
        page("exporttemplate", "change", template.pk), {**sent, "columns": ["actor"], "name": "Other"}
    )

    assert "?dataset=members" in choice
    assert 'value="created_at" checked' in empty
    assert (preview.count("ANNA!"), preview.count("<tr>")) == (10, 11)
    assert "Who it was" in preview
    assert made.headers["Location"] == page("exporttemplate", "change", template.pk)
    assert template.columns == [
        {"name": "computed_1", "title": "Loud", "expression": "upper(actor) & '!'"},
        {"name": "actor", "title": "Who it was"},
    ]
    assert (template.options, template.format) == ({"delimiter": "semicolon", "max_records": "500"}, "csv")
    assert shown.index('value="computed_1" checked') < shown.index('value="actor" checked')
    assert 'value="500"' in shown
    assert changed.status_code == 302
    with all_tenants():
        assert ExportTemplate.objects.get().name == "Other"
        actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["exporttemplate.created", "exporttemplate.updated"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "Taken"}, "already exists"),
        ({"columns": []}, "Choose at least one column."),
        ({"columns": ["c"], "expression-c": "totl"}, "c: character 1: There is no column “totl”"),
        ({"any_max_records": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_mistake_in_the_form_is_named(
    tenant: Tenant, owner: Member, changes: dict[str, Any], words: str
) -> None:
    make_template(tenant, name="Taken")
    sent = {"dataset": "audit", "name": "Mine", "format": "csv", "columns": ["actor"], **changes}

    answer = signed_in(owner).post(page("exporttemplate", "add") + "?dataset=audit", sent)

    assert answer.status_code == 200
    assert words in answer.content.decode().replace("&#x27;", "'")
    with tenant_scope(tenant):
        assert ExportTemplate.objects.count() == 1


def test_an_expression_is_checked_while_it_is_written(owner: Member) -> None:
    client = signed_in(owner)

    def verdict(text: str) -> Any:
        return client.get(page("exporttemplate", "check"), {"dataset": "audit", "expression": text}).json()

    assert verdict("hour(created_at)") == {"ok": True, "message": "Can be read.", "kind": "decimal"}
    assert verdict("hour(actor)")["message"].startswith("character 6: hour does not take a text")
    wrong = client.get(page("exporttemplate", "check"), {"dataset": "nothing", "expression": "1"})
    assert wrong.status_code == 400


def test_a_column_that_is_gone_stays_until_it_is_unticked(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant)
    ExportTemplate._base_manager.filter(pk=template.pk).update(columns=["actor", "long_gone"])

    shown = signed_in(owner).get(page("exporttemplate", "change", template.pk)).content.decode()

    assert 'value="long_gone" checked' in shown
    assert "The data has no such column any more." in shown


def test_stored_filters_stay_or_go(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant, filters={"kind": ["person"], "actor": "anna"})
    client = signed_in(owner)
    sent = {
        "dataset": "audit",
        "name": "Mine",
        "format": "csv",
        "columns": ["actor"],
        "kept_filters": ["actor"],
    }

    shown = client.get(page("exporttemplate", "change", template.pk)).content.decode()
    client.post(page("exporttemplate", "change", template.pk), sent)

    assert "Who: anna" in shown
    with all_tenants():
        assert ExportTemplate.objects.get().filters == {"actor": "anna"}


@pytest.mark.usefixtures("audit_page")
class TestExportForm:
    def test_columns_are_kept_as_a_template(self, tenant: Tenant, manager: Client) -> None:
        answer = manager.post(
            f"{AUDIT_LIST}export/?actor_kind__exact=key",
            {
                "format": "csv",
                "columns": ["actor"],
                "title-actor": "Who it was",
                "save_template": "",
                "template_name": "Keys",
            },
        )

        with tenant_scope(tenant):
            template = ExportTemplate.objects.get()
            assert not Export.objects.exists()
        assert answer.headers["Location"] == page("exporttemplate", "change", template.pk)
        assert (template.name, template.filters) == ("Keys", {"kind": ["key"]})
        assert template.columns == [{"name": "actor", "title": "Who it was"}]

    def test_a_template_without_a_name_is_refused(self, tenant: Tenant, manager: Client) -> None:
        answer = manager.post(
            f"{AUDIT_LIST}export/", {"format": "csv", "columns": ["actor"], "save_template": ""}
        )

        assert answer.status_code == 200
        assert "cannot be blank" in answer.content.decode()

    def test_a_template_fills_the_form(self, tenant: Tenant, manager: Client) -> None:
        template = make_template(tenant, filters={"actor": "anna"}, options={"delimiter": "tab"})
        foreign = make_template(make_tenant(), name="Theirs")

        address = f"{AUDIT_LIST}export/?actor_kind__exact=key&_template={template.pk}"
        shown = manager.get(address).content.decode()
        asked = manager.post(address, {"format": "csv", "columns": ["actor"]})
        other = manager.get(f"{AUDIT_LIST}export/?_template={foreign.pk}").content.decode()

        assert "upper(actor)" in shown
        assert "Who: anna" in shown
        assert re.search(r'value="tab"[^>]*selected', shown)
        assert asked.status_code == 302
        with tenant_scope(tenant):
            assert Export.objects.get().filters == {"actor": "anna", "kind": ["key"]}
        assert "Theirs" not in other
        assert "upper(actor)" not in other

    def test_a_mistake_in_an_expression_is_shown_beside_the_columns(self, manager: Client) -> None:
        answer = manager.post(
            f"{AUDIT_LIST}export/",
            {"format": "csv", "columns": ["actor", "computed_1"], "expression-computed_1": "actor +"},
        )

        assert answer.status_code == 200
        assert "computed_1: character" in answer.content.decode()


SENT = {
    "name": "Every Monday",
    "rhythm": "weekly",
    "at": "08:30",
    "weekday": "1",
    "month_day": "1",
    "cron": "",
    "rows": "week",
    "recipients": "anna@example.com",
    "is_enabled": "on",
}


def test_a_schedule_is_set_up_run_paused_and_resumed(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant, filters={"kind": "person"})
    client = signed_in(owner)

    form = client.get(page("exportschedule", "add") + f"?template={template.pk}").content.decode()
    made = client.post(
        page("exportschedule", "add"), SENT | {"template": str(template.pk), "owner": str(owner.pk)}
    )
    with tenant_scope(tenant):
        schedule = ExportSchedule.objects.get()
    ran = client.post(page("exportschedule", "run", schedule.pk))
    paused = client.post(page("exportschedule", "pause", schedule.pk), follow=True).content.decode()
    resumed = client.post(page("exportschedule", "resume", schedule.pk), follow=True).content.decode()
    listed = client.get(page("exportschedule", "changelist")).content.decode()

    assert f'value="{template.pk}" selected' in form
    assert re.search(r'<input type="time" name="at" value="06:00"', form)
    # Its note about the server's clock would be untrue of the company's.
    assert "DateTimeShortcuts" not in form
    assert f'value="{owner.pk}" selected' in form
    assert made.status_code == 302
    assert (schedule.recipients, schedule.dataset) == (["anna@example.com"], "audit")
    assert schedule.next_due_at is not None
    assert schedule.next_due_at.astimezone(tenant.zone).isoweekday() == 1
    with all_tenants():
        run = ScheduleRun.objects.get()
        assert ran.headers["Location"] == page("export", "change", run.export_id)
        assert {"exportschedule.created", "exportschedule.run", "exportschedule.paused"} <= set(
            AuditEntry.objects.values_list("action", flat=True)
        )
    assert ">pause<" in paused
    assert "Next one" in resumed
    assert "Monday, 08:30" in listed
    assert client.get(page("exportschedule", "run", schedule.pk)).status_code == 405


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipients": "nobody@example.com"}, "recipients"),
        ({"template": ""}, "template"),
        ({"rhythm": "cron", "cron": "soon"}, "cron"),
        ({"month_day": "40"}, "month_day"),
        ({"name": "Taken"}, "__all__"),
        ({"owner": ""}, "owner"),
    ],
)
def test_a_mistake_in_the_schedule_is_named(
    tenant: Tenant, owner: Member, changes: dict[str, str], field: str
) -> None:
    template = make_template(tenant)
    make_schedule(tenant, owner, name="Taken", template=template)
    sent = SENT | {"template": str(template.pk), "owner": str(owner.pk)} | changes

    answer = signed_in(owner).post(page("exportschedule", "add"), sent)

    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {field}
    with tenant_scope(tenant):
        assert ExportSchedule.objects.count() == 1


def test_managers_own_what_they_set_up(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant)
    theirs = make_schedule(tenant, owner, template=template)
    manager_ = make_member(tenant, "manager", user=make_user(email="boris@example.com"))
    client = signed_in(manager_)
    sent = SENT | {"template": str(template.pk), "recipients": ""}

    for_owner = client.post(page("exportschedule", "add"), sent | {"owner": str(owner.pk)})
    for_self = client.post(page("exportschedule", "add"), sent | {"owner": str(manager_.pk)})
    change = client.patch(f"{URL}/{theirs.pk}", {"rows": "new"}, JSON)
    take_over = client.patch(f"{URL}/{theirs.pk}", {"owner": str(manager_.pk)}, JSON)

    assert (for_owner.status_code, for_self.status_code) == (200, 302)
    assert (change.status_code, take_over.status_code) == (400, 400)
    assert again(theirs).rows == "all"
    with tenant_scope(tenant):
        assert ExportSchedule.objects.count() == 2


def test_nobody_gets_at_hidden_data_through_somebody_else(
    tenant: Tenant, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = make_schedule(tenant, owner, template=make_template(tenant))
    monkeypatch.setitem(AUDIT.__dict__, "roles", frozenset({"owner", "admin"}))
    monkeypatch.setitem(AUDIT.__dict__, "scope", "audit:read")
    key = caller(tenant, ["export-schedules:*", "exports:*"])
    body = {"name": "x", "owner": str(owner.pk), "request": {"dataset": "audit"}}

    for client in (key, signed_in(make_member(tenant, "manager"))):
        assert client.get(URL).json()["results"] == []
        assert client.post(f"{URL}/{schedule.pk}/run").status_code == 404
        assert client.post(URL, body, JSON).status_code == 400
    with tenant_scope(tenant):
        assert ExportSchedule.objects.count() == 1
        assert not Export.objects.exists()


def test_the_api_sets_up_and_runs(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant)
    client = caller(tenant, ["*"])
    body = {
        "name": "Nightly",
        "owner": str(owner.pk),
        "template": str(template.pk),
        "at": "02:30",
        "rows": "day",
    }

    made = client.post(URL, body, JSON)
    address = f"{URL}/{made.json()['id']}"
    by_request = client.post(
        URL,
        {
            "name": "Own",
            "owner": str(owner.pk),
            "rhythm": "cron",
            "cron": "*/30 8-18 * * 1-5",
            "request": {"dataset": "audit", "format": "csv", "columns": COLUMNS},
        },
        JSON,
    )
    run = client.post(f"{address}/run")
    runs = client.get(f"{address}/runs").json()
    paused, twice = client.post(f"{address}/pause"), client.post(f"{address}/pause")
    resumed, again_ = client.post(f"{address}/resume"), client.post(f"{address}/resume")
    both = client.patch(address, {"request": {"dataset": "audit"}, "template": str(template.pk)}, JSON)
    same = client.put(address, client.get(address).json(), JSON)
    held = client.delete(f"/api/v1/export-templates/{template.pk}")

    assert (made.status_code, by_request.status_code) == (201, 201), made.json()
    assert (made.json()["at"], made.json()["rhythm"], made.json()["request"]) == ("02:30", "daily", None)
    assert by_request.json()["request"]["columns"] == COLUMNS
    assert (both.status_code, both.json()["errors"][0]["field"], same.status_code) == (400, "request", 200)
    assert by_request.json()["next_due_at"] is not None
    assert run.status_code == 202
    assert [one["export"] for one in runs] == [run.json()["export"]]
    assert (runs[0]["state"], runs[0]["occurrence"]) == ("pending", "hand")
    assert (paused.json()["is_enabled"], paused.json()["next_due_at"]) == (False, None)
    assert resumed.json()["is_enabled"]
    assert (twice.status_code, again_.status_code, held.status_code) == (409, 409, 409)
    assert client.patch(address, {"is_enabled": False}, JSON).json()["next_due_at"] is None
    assert client.delete(address).status_code == 204


def test_the_owner_is_named_as_people_know_them(tenant: Tenant, owner: Member) -> None:
    stranger = make_member(make_tenant(), "owner")
    client = caller(tenant, ["*"])

    def answer(name: Any) -> Any:
        return client.post(URL, {"name": "Named", "owner": name, "request": {"dataset": "audit"}}, JSON)

    assert answer(owner.user.username).json()["owner"] == str(owner.pk)
    for nobody in (
        "nobody",
        stranger.user.username,
        str(stranger.pk),
        "",
        "x" * 9000,
        7,
        None,
        ["x"],
        {"id": 1},
    ):
        refused = answer(nobody)
        assert (refused.status_code, refused.json().get("errors", [{}])[0].get("field")) == (400, "owner"), (
            refused.json()
        )


def test_a_person_owns_what_they_create(tenant: Tenant) -> None:
    person = make_member(tenant, "manager")

    made = signed_in(person).post(URL, {"name": "Mine", "request": {"dataset": "audit"}}, JSON)

    assert made.status_code == 201, made.json()
    assert made.json()["owner"] == str(person.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"owner": None}, "owner"),
        ({"template": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a11"}, "template"),
        ({"request": {"dataset": "nothing"}}, "request.dataset"),
        ({"request": {"dataset": "audit", "colour": "red"}}, "request.colour"),
        (
            {"request": {"dataset": "audit", "columns": [{"name": "a", "expression": "1+"}]}},
            "request.columns.a",
        ),
        ({"rhythm": "cron", "cron": "soon"}, "cron"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"recipients": ["spy@example.com"]}, "recipients"),
        ({"recipients": ["spy"]}, "recipients[0]"),
        ({"month_day": 0}, "month_day"),
        ({"colour": "red"}, "colour"),
        ({"name": "Taken"}, "name"),
    ],
)
def test_a_bad_schedule_is_a_problem_that_names_the_field(
    tenant: Tenant, owner: Member, changes: dict[str, Any], field: str
) -> None:
    make_schedule(tenant, owner, name="Taken", template=make_template(tenant))
    body = {"name": "x", "owner": str(owner.pk), "request": {"dataset": "audit"}} | changes

    refused = caller(tenant, ["*"]).post(URL, body, JSON)

    assert refused.status_code == 400, refused.json()
    assert field in {one["field"] for one in refused.json()["errors"]}, refused.json()
    with tenant_scope(tenant):
        assert ExportSchedule.objects.count() == 1


def test_another_companys_schedules_are_nowhere(tenant: Tenant, owner: Member) -> None:
    schedule = make_schedule(tenant, owner, template=make_template(tenant))
    other = make_tenant()
    client, chief = caller(other, ["*"]), signed_in(make_member(other, "owner"))

    assert client.get(URL).json()["results"] == []
    assert client.get(f"{URL}/{schedule.pk}").status_code == 404
    for verb in ("run", "pause", "resume"):
        assert client.post(f"{URL}/{schedule.pk}/{verb}").status_code == 404
        assert chief.post(page("exportschedule", verb, schedule.pk)).status_code == 404
    with tenant_scope(tenant):
        place = ExportDestination.objects.create(tenant=tenant, name="Accounting", kind="sftp")
    body = {"owner": str(owner.pk), "template": str(schedule.template_id), "destination": str(place.pk)}
    refused = client.post(URL, {"name": "x", **body}, JSON)
    assert {one["field"] for one in refused.json()["errors"]} == set(body)
    assert again(schedule).is_enabled
    with all_tenants():
        assert not ScheduleRun.objects.exists()


def test_lists_cost_the_same_however_many_there_are(tenant: Tenant, owner: Member) -> None:
    template, key, person = make_template(tenant), caller(tenant, ["*"]), signed_in(owner)
    addresses = [
        (key, URL),
        (person, page("exportschedule", "changelist")),
        (person, page("exporttemplate", "changelist")),
    ]
    counts = []
    for wanted in (2, 9):
        with tenant_scope(tenant):
            have = ExportSchedule.objects.count()
        for number in range(have, wanted):
            made = make_schedule(tenant, owner, name=f"s{number}", template=template)
            make_template(tenant, name=f"t{number}")
            caller(tenant, ["*"]).post(f"{URL}/{made.pk}/run")
        found = []
        for client, address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            found.append(len(asked))
        counts.append(found)

    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14


FILE = """
tenants:
- number: "7003"
  members: [{username: anna3, role: admin, email: anna3@example.com, password: "a long enough phrase"}]
  export_templates:
  - {name: Sales, dataset: audit, format: csv, columns: [actor]}
  schedules:
  - {name: Morning, template: Sales, owner: anna3, at: "08:00", rows: day, recipients: [anna3@example.com]}
  - {name: Month, owner: anna3, rhythm: monthly, month_day: 31, enabled: false, request: {dataset: audit, format: json, options: {max_records: 5}}}
  - {name: Often, template: Sales, owner: anna3, rhythm: cron, cron: "*/30 * * * *"}
"""


def test_the_file_sets_schedules_up_and_a_dump_gives_them_back(db: None) -> None:
    first, again_ = apply_text(FILE), apply_text(FILE)

    assert [str(one).split(" (")[0] for one in first.changes if "schedule" in str(one)] == [
        "+ schedule Morning",
        "+ schedule Month",
        "+ schedule Often",
    ]
    assert again_.changes == []
    [company] = dump_tenants(["7003"])["tenants"]
    assert company["schedules"] == [
        {
            "name": "Month",
            "rhythm": "monthly",
            "request": {"format": "json", "dataset": "audit", "options": {"max_records": "5"}},
            "owner": "anna3",
            "month_day": 31,
            "enabled": False,
        },
        {
            "name": "Morning",
            "rhythm": "daily",
            "template": "Sales",
            "owner": "anna3",
            "at": "08:00",
            "recipients": ["anna3@example.com"],
            "rows": "day",
        },
        {"name": "Often", "rhythm": "cron", "template": "Sales", "owner": "anna3", "cron": "*/30 * * * *"},
    ]
    with all_tenants():
        assert ExportSchedule.objects.get(name="Month").next_due_at is None
        assert ExportSchedule.objects.get(name="Often").next_due_at is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{name: X}", "the key “owner” is missing"),
        ("{name: X, owner: nobody}", "there is no member “nobody”"),
        ("{name: X, owner: anna3}", "template: Choose a template"),
        ("{name: X, owner: anna3, template: None such}", "there is no template"),
        ("{name: X, owner: anna3, request: {dataset: nothing}}", "request.dataset"),
        ("{name: X, owner: anna3, request: {dataset: audit, colour: red}}", "unknown key “colour”"),
        (
            "{name: X, owner: anna3, request: {dataset: audit, columns: [{name: a, expression: '1+'}]}}",
            "columns.a",
        ),
        ("{name: X, owner: anna3, request: {dataset: audit}, at: noon}", "a time such as"),
        ("{name: X, owner: anna3, request: {dataset: audit}, rhythm: hourly}", "unknown value “hourly”"),
        ("{name: X, owner: anna3, request: {dataset: audit}, month_day: 32}", "from 1 to 31"),
        ("{name: X, owner: anna3, request: {dataset: audit}, rhythm: cron, cron: soon}", "cron: "),
        ("{name: X, owner: anna3, request: {dataset: audit}, recipients: [spy@example.com]}", "recipients: "),
        ("{name: X, owner: anna3, request: {dataset: audit}, enabled: 1}", "“enabled” must be true or false"),
        (
            "{name: X, owner: anna3, request: {dataset: audit}, destination: Nowhere}",
            "no destination “Nowhere”",
        ),
        ("{name: X, colour: red}", "unknown key “colour”"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(db: None, line: str, words: str) -> None:
    members = '  members: [{username: anna3, role: admin, password: "a long enough phrase"}]\n'

    with pytest.raises(ConfigurationError, match="line 5") as caught:
        apply_text(f'tenants:\n- number: "7003"\n{members}  schedules:\n  - {line}\n')

    assert words in str(caught.value)
    with all_tenants():
        assert not ExportSchedule.objects.exists()


def test_a_limit_that_is_used_up_is_told_as_such(tenant: Tenant, owner: Member, settings: Any) -> None:
    schedule = make_schedule(tenant, owner, template=make_template(tenant))
    settings.EXPORT_MAX_UNFINISHED = 1
    client = signed_in(owner)

    first, second = (client.post(f"{URL}/{schedule.pk}/run") for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 429)
    assert second.json()["code"] == "max_unfinished"
    with tenant_scope(tenant):
        assert ScheduleRun.objects.count() == 1
