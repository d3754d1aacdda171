"""Reports in the admin, in the API and in the configuration file."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import AuditEntry, Event, Role
from tenants.scoping import all_tenants, tenant_scope
from webhooks.models import Report, ReportRun
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_admin import signed_in
from webhooks.tests.test_api import client_of

FORM = {
    "name": "Every Monday",
    "rhythm": "weekly",
    "at": "08:30",
    "weekday": "1",
    "sections": ["calls", "webhooks"],
    "addresses": "anna@example.com\nboris@example.com",
    "skips_quiet": "on",
    "is_enabled": "on",
}


def page(name, *args):
    return reverse(f"admin:webhooks_report_{name}", args=args)


def test_a_report_is_set_up_looked_at_and_sent_in_the_admin(tenant):
    endpoint, _secret = make_endpoint(tenant)
    client = signed_in(tenant)

    form = client.get(page("add")).content.decode()
    made = client.post(page("add"), FORM | {"endpoints": [str(endpoint.pk)]})
    report = Report.objects.get()
    preview = client.get(page("preview", report.pk)).content.decode()
    asked = client.get(page("send", report.pk))
    sent = client.post(page("send", report.pk), follow=True).content.decode()

    assert made.status_code == 302
    assert endpoint.name in form
    assert '<input type="time" name="at" value="09:00"' in form
    # Its note about the server's clock would be untrue of the company's.
    assert "DateTimeShortcuts" not in form
    assert (report.rhythm, f"{report.at:%H:%M}", report.sections) == (
        "weekly",
        "08:30",
        ["calls", "webhooks"],
    )
    assert (report.endpoints, report.addresses) == ([str(endpoint.pk)], FORM["addresses"].split())
    assert report.next_due_at is not None
    assert report.next_due_at.astimezone(tenant.zone).isoweekday() == 1
    assert "Answered share" in preview
    assert "Success rate" in preview
    assert "Exports" not in preview.partition("<h2>")[2]
    assert asked.status_code == 200
    run = ReportRun.objects.get()
    assert run.event is not None
    assert (run.occurrence, Event.objects.get(pk=run.event).type) == ("hand", "report.weekly")
    assert run.summary in sent
    assert {"report.created", "report.sent"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_a_mistake_in_the_form_is_named(tenant):
    answer = signed_in(tenant).post(page("add"), FORM | {"addresses": "anna", "sections": ["weather"]})

    assert answer.status_code == 200
    assert {"addresses", "sections"} == set(answer.context["adminform"].form.errors)
    assert not Report.objects.exists()


def test_managers_look_and_nobody_else_sends(tenant, other_tenant):
    report = Report(tenant=tenant, name="Sales")
    report.save()
    answers = {}
    for who, client in {
        "manager": signed_in(tenant, Role.MANAGER),
        "viewer": signed_in(tenant, Role.VIEWER),
        "stranger": signed_in(other_tenant),
    }.items():
        answers[who] = (
            client.get(page("preview", report.pk)).status_code,
            client.post(page("send", report.pk)).status_code,
        )

    assert answers == {"manager": (200, 404), "viewer": (404, 404), "stranger": (404, 404)}
    assert not ReportRun.objects.exists()


def test_the_api_sets_up_previews_and_sends(tenant):
    client = client_of(tenant)

    made = client.post(
        "/api/v1/reports", {"name": "Daily", "at": "07:15", "sections": ["calls"]}, format="json"
    )
    address = f"/api/v1/reports/{made.json()['id']}"
    wrong = client.patch(address, {"sections": ["weather"], "endpoints": ["x"]}, format="json")
    preview = client.get(f"{address}/preview").json()
    sent = client.post(f"{address}/send")
    runs = client.get(f"{address}/runs").json()

    assert made.status_code == 201
    assert (made.json()["rhythm"], made.json()["at"], made.json()["skips_quiet"]) == ("daily", "07:15", False)
    assert wrong.status_code == 400
    assert {"sections", "endpoints"} == {one["field"] for one in wrong.json()["errors"]}
    assert [part["name"] for part in preview["sections"]] == ["calls"]
    assert sent.status_code == 202
    assert [run["event"] for run in runs] == [sent.json()["event"]]
    assert runs[0]["occurrence"] == "hand"


def test_lists_cost_the_same_however_many_there_are(tenant):
    client = client_of(tenant)
    counts = []
    for wanted in (2, 12):
        while Report.objects.count() < wanted:
            Report(tenant=tenant, name=f"r{Report.objects.count()}").save()
        client.get("/api/v1/reports")
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get("/api/v1/reports").json()["results"]) == wanted
        counts.append(len(asked))

    assert counts[0] == counts[1]


FILE = """
tenants:
- number: "7001"
  endpoints:
  - {name: Chat, url: "https://hooks.example.com/x", events: ["call.*"], format: slack}
  reports:
  - {name: Morning, at: "08:00", endpoints: [Chat], addresses: [anna@example.com], skips_quiet: true}
  - {name: Week, rhythm: weekly, weekday: friday, sections: [calls], enabled: false}
"""


def test_the_file_sets_reports_up_and_a_dump_gives_it_back(db):
    first, again = apply_text(FILE), apply_text(FILE)

    assert [str(one).split(" (")[0] for one in first.changes if "report" in str(one)] == [
        "+ report Morning",
        "+ report Week",
    ]
    assert again.changes == []
    [company] = dump_tenants(["7001"])["tenants"]
    assert company["reports"] == [
        {
            "name": "Morning",
            "rhythm": "daily",
            "at": "08:00",
            "endpoints": ["Chat"],
            "addresses": ["anna@example.com"],
            "skips_quiet": True,
        },
        {"name": "Week", "rhythm": "weekly", "weekday": "friday", "sections": ["calls"], "enabled": False},
    ]
    with all_tenants():
        assert Report.objects.get(name="Week").next_due_at is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{name: X, rhythm: hourly}", "unknown value “hourly”; known are daily, weekly"),
        ("{name: X, weekday: someday}", "unknown value “someday”"),
        ("{name: X, at: noon}", "a time such as"),
        ("{name: X, endpoints: [Nowhere]}", "there is no endpoint “Nowhere”"),
        ("{name: X, addresses: [anna]}", "addresses: “anna” is no e-mail address"),
        ("{name: X, colour: red}", "unknown key “colour”"),
        ("{name: X, enabled: 1}", "“enabled” must be true or false"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(db, line, words):
    with pytest.raises(ConfigurationError, match="line 4") as caught:
        apply_text(f'tenants:\n- number: "7001"\n  reports:\n  - {line}\n')

    assert words in str(caught.value)
    with all_tenants():
        assert not Report.objects.exists()


def test_another_companys_reports_are_nowhere(tenant, other_tenant):
    with tenant_scope(tenant):
        report = Report(tenant=tenant, name="Sales")
        report.save()
    client = client_of(other_tenant)

    answers = [
        client.get(f"/api/v1/reports/{report.pk}{part}").status_code for part in ("", "/preview", "/runs")
    ]

    assert answers == [404, 404, 404]
    assert client.get("/api/v1/reports").json()["results"] == []
    assert client.post(f"/api/v1/reports/{report.pk}/send").status_code == 404
