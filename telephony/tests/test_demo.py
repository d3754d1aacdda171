"""The demo's button: captured calls, played by the workers, in the demo's company only."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.supervisor import demo
from telephony.demo.company import NUMBER
from telephony.demo.playing import CALLS, LANE, is_playing
from telephony.models import Call, CallEvent
from telephony.scenarios import load
from telephony.tests.factories import make_pbx
from tenants.models import Role, Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_tenant
from tenants.work import drain, enqueue

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """The demo's, with the note that `manage.py demo` leaves."""
    note = tmp_path / "demo.json"
    note.write_text(json.dumps({"username": "demo", "password": "x"}))
    monkeypatch.setattr(demo, "NOTE", note)
    monkeypatch.setenv("DEMO", "true")
    tenant = make_tenant(number=NUMBER, timezone="Europe/Minsk")
    make_pbx(tenant)
    return tenant


def signed_in(tenant: Tenant, role: str = Role.OWNER) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role).user)
    return client


def press(client: Client) -> Any:
    return client.post(reverse("admin:telephony_call_demo"), follow=True)


def test_the_button_plays_every_call_to_its_end(company: Tenant, settings: Any) -> None:
    settings.CALL_END_GRACE = 0.0
    client = signed_in(company)
    assert "Play demo calls" in client.get(reverse("admin:index")).content.decode()

    page = press(client)

    assert "The calls are being played" in page.content.decode()
    assert is_playing(company)
    later = timezone.now() + timedelta(minutes=5)
    assert drain(LANE, later) == sum(len(load(name)) for name in CALLS)
    assert not is_playing(company)
    drain("calls.fold")
    with all_tenants():
        calls = list(Call.objects.order_by("started_at"))
        assert [(call.direction, call.status) for call in calls] == [
            ("in", "answered"),
            ("in", "answered"),
            ("in", "missed"),
            ("out", "answered"),
        ]
        assert {call.tenant_id for call in calls} == {company.pk}
        assert not any("clock_skew" in call.flags for call in calls)


def test_a_message_taken_twice_is_kept_once(company: Tenant) -> None:
    press(signed_in(company))
    with all_tenants():
        rows = list(Work.objects.filter(lane=LANE).values_list("subject", "tenant_id", "group", "due"))
    later = timezone.now() + timedelta(minutes=5)
    drain(LANE, later)
    enqueue(LANE, rows)
    drain(LANE, later)

    with all_tenants():
        assert CallEvent.objects.count() == len(rows)


def test_a_second_press_waits_for_the_first(company: Tenant) -> None:
    client = signed_in(company)
    press(client)

    page = press(client).content.decode()

    assert "still being played" in page
    assert "Play demo calls" not in page
    assert drain(LANE, timezone.now() + timedelta(minutes=5)) == sum(len(load(name)) for name in CALLS)


def test_only_managers_of_the_demo_company_play(company: Tenant) -> None:
    other = make_tenant()
    make_pbx(other)

    answers = [
        press(signed_in(other)).status_code,
        press(signed_in(company, Role.VIEWER)).status_code,
        signed_in(company).get(reverse("admin:telephony_call_demo")).status_code,
    ]

    assert answers == [403, 403, 405]
    assert not is_playing(company)
    assert not is_playing(other)
    assert "Play demo calls" not in signed_in(other).get(reverse("admin:index")).content.decode()
    assert (
        "Play demo calls" not in signed_in(company, Role.VIEWER).get(reverse("admin:index")).content.decode()
    )


def test_without_the_demo_there_is_no_button(company: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "false")

    assert press(signed_in(company)).status_code == 403
