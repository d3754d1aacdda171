"""Pages and routes of rules, lines and hours: what they save, what they refuse, and never another company's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.tests.factories import make_integration
from telephony import policies
from telephony.models import CallPolicy, CallRule, Line, LineHearer, WorkingHours
from telephony.selectors.hours import is_open, next_opening
from telephony.selectors.preview import preview
from telephony.tests.factories import make_pbx, play
from telephony.tests.rules import make_line, make_rule
from tenants.models import AuditEntry, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

DAYS = {"mon": "09:00-18:00", "tue": "", "wed": "", "thu": "", "fri": "", "sat": "", "sun": ""}


@pytest.fixture
def tenant(settings: Any) -> Tenant:
    settings.CALL_END_GRACE = 0.0
    return make_tenant(timezone="UTC", phone_region="BY")


def signed_in(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role).user)
    return client


def by_key(tenant: Tenant, *scopes: str) -> Client:
    key = make_api_key(tenant, list(scopes) or ["*"])[1]
    return Client(headers={"Authorization": f"Bearer {key}"})


def test_rule_is_made_by_choices(tenant: Tenant) -> None:
    with all_tenants():
        make_line(tenant, "+375173001006", name="Sales")
    form = {
        "name": "Missed",
        "place": "10",
        "is_enabled": "on",
        "direction": "in",
        "outcome": "missed",
        "client": "any",
        "hours": "any",
        "lines": ["+375173001006"],
        "creates_task": "on",
        "task_hours": "2",
        "responsible": "owner",
        "name_template": "{number}",
    }
    client = signed_in(tenant)
    page = client.get(reverse("admin:telephony_callrule_add"))
    assert "Sales (+375173001006)" in page.content.decode()

    answer = client.post(reverse("admin:telephony_callrule_add"), form)

    assert answer.status_code == 302, answer.content.decode()[:2000]
    with all_tenants():
        rule = CallRule.objects.get()
        assert (rule.tenant_id, rule.lines, rule.creates_task) == (tenant.pk, ["+375173001006"], True)
        assert AuditEntry.objects.filter(action="callrule.created").count() == 1
        assert [one.name for one in policies.of_tenant(tenant.pk).rules] == ["Missed"]

    refused = client.post(
        reverse("admin:telephony_callrule_add"), {**form, "name": "B", "name_template": "{secret}"}
    )
    assert "Only {number}, {line} and {name}" in refused.content.decode()
    assert (
        b"Choose what the rule does"
        in client.post(
            reverse("admin:telephony_callrule_add"), {**form, "name": "C", "creates_task": ""}
        ).content
    )


def test_hours_are_entered_day_by_day(tenant: Tenant) -> None:
    client = signed_in(tenant)
    form = {"name": "Office", "is_default": "on", "timezone": "", "exceptions": "01-01", **DAYS}

    refused = client.post(reverse("admin:telephony_workinghours_add"), {**form, "tue": "nine to five"})
    assert "“nine to five” is not a time such as 09:00-18:00." in refused.content.decode()
    saved = client.post(reverse("admin:telephony_workinghours_add"), form)

    assert saved.status_code == 302
    with all_tenants():
        row = WorkingHours.objects.get()
        assert (row.weekly, row.is_default) == ({"mon": "09:00-18:00"}, True)
    monday = timezone.now().replace(year=2026, month=11, day=23, hour=10, minute=0, second=0, microsecond=0)
    assert is_open(tenant, "+375173001006", monday)
    assert not is_open(tenant, "", monday + timedelta(days=1))
    assert next_opening(tenant, "", monday + timedelta(days=1)) == monday.replace(day=30, hour=9)
    page = client.get(reverse("admin:telephony_workinghours_change", args=[row.pk])).content.decode()
    assert 'name="mon" value="09:00-18:00"' in page


def test_hours_of_a_line_go_first_and_cost_nothing(tenant: Tenant) -> None:
    with all_tenants():
        night = WorkingHours.objects.create(tenant=tenant, name="Night", weekly={"mon": "20:00-23:00"})
        WorkingHours.objects.create(tenant=tenant, name="Day", is_default=True, weekly={"mon": "09:00-18:00"})
        make_line(tenant, "+375173001006", hours=night)
    monday = timezone.now().replace(year=2026, month=11, day=23, hour=21)
    assert is_open(tenant, "80173001006", monday)

    with CaptureQueriesContext(connection) as queries:
        assert not is_open(tenant, "+375173001007", monday)
    assert len(queries) == 0


def test_who_hears_of_a_line(tenant: Tenant) -> None:
    crm = make_integration(tenant)
    with all_tenants():
        line = make_line(tenant, "+375173001006")
    form = {"number": line.number, "name": "Sales", "is_enabled": "on", "hearers": [str(crm.pk)], "hours": ""}

    answer = signed_in(tenant).post(reverse("admin:telephony_line_change", args=[line.pk]), form)

    assert answer.status_code == 302
    with all_tenants():
        assert list(LineHearer.objects.values_list("integration_id", flat=True)) == [crm.pk]
        assert policies.of_tenant(tenant.pk).line("+375173001006").hearers == {crm.pk}


def test_choices_are_made_once(tenant: Tenant) -> None:
    client = signed_in(tenant)
    form = {"popup_mode": "answer", "attribution": "first", "recording_wait": "30"}

    assert client.post(reverse("admin:telephony_callpolicy_add"), form).status_code == 302
    with all_tenants():
        made = CallPolicy.objects.get()
    again = client.post(reverse("admin:telephony_callpolicy_add"), form | {"recording_wait": "90"})
    assert again["Location"] == reverse("admin:telephony_callpolicy_change", args=[made.pk])
    with all_tenants():
        assert CallPolicy.objects.get().recording_wait == 30


def test_what_a_rule_would_have_done(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    with all_tenants():
        for number, name in enumerate(("inbound_missed", "inbound_answered", "outbound_answered")):
            play(pbx, name, suffix=f"-{number}")
        drain("calls.finish", timezone.now() + timedelta(minutes=1))
        make_rule(tenant, name="First", place=1, outcome="answered", creates_lead=True)
        rule = make_rule(tenant, name="Second", place=2, outcome="any", client="unknown", creates_task=True)

        with CaptureQueriesContext(connection) as queries:
            found = [(one.verdict, one.tone) for one in preview(rule)]

    assert found == [
        ("The direction is another.", "quiet"),
        ("“First” comes first.", "quiet"),
        ("task if the client is unknown", "good"),
    ]
    assert len(queries) <= 12
    page = signed_in(tenant).get(reverse("admin:telephony_callrule_change", args=[rule.pk])).content.decode()
    assert "“First” comes first." in page


def test_api_makes_changes_and_refuses(tenant: Tenant) -> None:
    client, crm = by_key(tenant), make_integration(tenant)
    hours = client.post(
        "/api/v1/working-hours",
        {"name": "Office", "is_default": True, "weekly": {"mon-fri": "09:00-18:00"}},
        "application/json",
    )
    assert hours.status_code == 201, hours.content
    line = client.post(
        "/api/v1/lines",
        {"number": "+375173001006", "working_hours": hours.json()["id"], "integrations": [str(crm.pk)]},
        "application/json",
    )
    assert (line.status_code, line.json()["integrations"]) == (201, [str(crm.pk)])
    rule = client.post("/api/v1/call-rules", {"name": "Missed", "creates_task": True}, "application/json")
    assert (rule.status_code, rule.json()["direction"], rule.json()["outcome"]) == (201, "in", "missed")

    changed = client.patch(f"/api/v1/lines/{line.json()['id']}", {"integrations": []}, "application/json")
    assert changed.json()["integrations"] == []
    for path, body in (
        ("/api/v1/call-rules", {"name": "Nothing"}),
        ("/api/v1/call-rules", {"name": "X", "creates_task": True, "name_template": "{secret}"}),
        ("/api/v1/working-hours", {"name": "X", "weekly": {"mon": "noon"}}),
        ("/api/v1/lines", {"number": "+375173001006"}),
        ("/api/v1/lines", {"number": "1", "integrations": ["01920000-0000-7000-8000-000000000001"]}),
    ):
        assert client.post(path, body, "application/json").status_code in (400, 409), path
    with all_tenants():
        assert (CallRule.objects.count(), Line.objects.count(), WorkingHours.objects.count()) == (1, 1, 1)


def test_strangers_see_and_name_nothing(tenant: Tenant) -> None:
    stranger = by_key(make_tenant())
    with all_tenants():
        rule = make_rule(tenant, creates_task=True)
        hours = WorkingHours.objects.create(tenant=tenant, name="Office", weekly={})

    assert stranger.get("/api/v1/call-rules").json()["results"] == []
    assert stranger.get(f"/api/v1/call-rules/{rule.pk}").status_code == 404
    body = {"number": "+375170000001", "working_hours": str(hours.pk)}
    assert stranger.post("/api/v1/lines", body, "application/json").status_code == 400
    assert by_key(tenant, "calls:read").get("/api/v1/call-rules").status_code == 403


@pytest.mark.parametrize("page", ["callrule", "line", "workinghours", "callpolicy", "popupchoice"])
def test_empty_pages_say_what_they_are_for(tenant: Tenant, page: str) -> None:
    client = signed_in(tenant)

    answer = client.get(reverse(f"admin:telephony_{page}_changelist"))

    assert answer.status_code == 200
    assert signed_in(tenant, Role.AGENT).get(reverse(f"admin:telephony_{page}_changelist")).status_code == 403
