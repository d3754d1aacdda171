"""The page of what is going on now: who sees what, in which order, at what cost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from telephony.models import Call, Pbx
from telephony.selectors.live import LiveCall, forget, live, phones
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Role, Tenant
from tenants.tests.factories import make_extension, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


def going(pbx: Pbx, seconds: int, phase: str, *extensions: str, **values: Any) -> Call:
    at = NOW - timedelta(seconds=seconds)
    filled: dict[str, Any] = {
        "phase": phase,
        "status": phase,
        "ended_at": None,
        "finished_at": None,
        "rings": [{"extensions": list(extensions), "at": at.isoformat(), "synthetic": False}]
        if extensions
        else [],
    }
    if phase == "talking":
        filled["talks"] = [{"extension": extensions[0], "since": at.isoformat(), "until": None}]
        filled |= {"answered_at": at, "responsible": extensions[0], "answered_by": extensions[0]}
    return make_call(pbx, at=at, **(filled | values))


def signed_in(tenant: Tenant, role: str = Role.MANAGER, extension: Any = None) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=extension).user)
    return client


NOW_ADDRESS = "/admin/telephony/call/live/now/"


def test_clients_who_wait_come_first_and_the_longest_first(pbx: Pbx, tenant: Tenant) -> None:
    talking = going(pbx, 300, "talking", "150", client_number="+375290000001")
    outgoing = going(pbx, 50, "ringing", "151", direction="out", client_number="+375290000002")
    short = going(pbx, 5, "ringing", "150", "152", client_number="+375290000003")
    long = going(pbx, 30, "new", client_number="+375290000004", did="+375170000001")
    going(pbx, 5 * 3600, "talking", "153")  # its end was lost
    make_call(pbx, at=NOW)  # over

    found = live(tenant.pk)

    assert [call.id for call in found.calls] == [long.pk, short.pk, outgoing.pk, talking.pk]
    assert [call.extensions for call in found.calls] == [(), ("150", "152"), ("151",), ("150",)]
    assert [call.is_waiting for call in found.calls] == [True, True, False, False]
    assert found.calls[0].line == "+375170000001"


def test_phones_show_what_they_are_in(pbx: Pbx, tenant: Tenant) -> None:
    make_extension(tenant, "150", "Anna")
    make_extension(tenant, "99", "Door")
    going(pbx, 300, "talking", "150", client_number="+375290000001")
    going(pbx, 5, "ringing", "150", "152", client_number="+375290000003")

    found = live(tenant.pk)

    assert [(phone.extension, phone.name, phone.state, phone.client) for phone in found.phones] == [
        ("99", "Door", "free", ""),
        ("150", "Anna", "talking", "+375290000001"),
        ("152", "", "ringing", "+375290000003"),
    ]


def test_the_exchanges_own_word_counts_where_there_is_no_call() -> None:
    none: list[LiveCall] = []
    found = phones(none, {"150": "Anna", "151": "Boris"}, {"150": ("away", NOW)})

    assert [(phone.state, phone.since) for phone in found] == [("away", NOW), ("free", None)]


def test_ten_who_look_cost_what_one_does(pbx: Pbx, tenant: Tenant) -> None:
    going(pbx, 5, "ringing", "150")
    with CaptureQueriesContext(connection) as first:
        live(tenant.pk)
    with CaptureQueriesContext(connection) as others:
        for _viewer in range(10):
            live(tenant.pk)

    assert (len(first), len(others)) == (3, 0)


def test_the_version_changes_with_the_calls_and_not_with_the_clock(pbx: Pbx, tenant: Tenant) -> None:
    call = going(pbx, 5, "ringing", "150")
    before = live(tenant.pk).version
    forget()
    again = live(tenant.pk).version
    Call._base_manager.filter(pk=call.pk).update(phase="talking", status="talking", responsible="150")
    forget()

    assert before == again
    assert live(tenant.pk).version != before


def test_a_page_that_shows_everything_already_gets_no_answer_to_read(pbx: Pbx, tenant: Tenant) -> None:
    going(pbx, 5, "ringing", "150", client_number="+375290000003")
    client = signed_in(tenant)

    shown = client.get(NOW_ADDRESS)
    again = client.get(NOW_ADDRESS, {"seen": live(tenant.pk).version})

    assert (shown.status_code, again.status_code) == (200, 204)
    assert "+375290000003" in shown.content.decode()
    assert b"<html" not in shown.content
    assert "no-store" in shown["Cache-Control"]


def test_the_page_in_words_for_everybody(pbx: Pbx, tenant: Tenant) -> None:
    going(pbx, 5, "ringing", "150", client_number="+375290000003", client_name="<b>Ann</b>")
    make_extension(tenant, "150", "Anna")
    text = signed_in(tenant).get(reverse("admin:telephony_call_live")).content.decode()

    assert "+375290000003" in text
    assert "&lt;b&gt;Ann" in text
    assert "150 Anna" in text
    assert 'style="' not in text.split("data-live=")[1].split("</section>")[0]


def test_agents_see_their_own_calls_and_phone(pbx: Pbx, tenant: Tenant) -> None:
    going(pbx, 5, "ringing", "150", client_number="+375290000003")
    going(pbx, 5, "talking", "151", client_number="+375290000004")
    agent = signed_in(tenant, Role.AGENT, make_extension(tenant, "151"))
    nobody = signed_in(tenant, Role.AGENT)

    own, none = agent.get(NOW_ADDRESS).content.decode(), nobody.get(NOW_ADDRESS).content.decode()

    assert "+375290000004" in own
    assert "+375290000003" not in own
    assert "+3752900000" not in none


def test_another_companys_calls_are_not_there(pbx: Pbx) -> None:
    going(pbx, 5, "ringing", "150", client_number="+375290000003")

    text = signed_in(make_tenant()).get(NOW_ADDRESS).content.decode()

    assert "+375290000003" not in text


def test_an_operator_chooses_a_company_first() -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_operator())

    page, now = client.get(reverse("admin:telephony_call_live")), client.get(NOW_ADDRESS)

    assert "Choose a company" in page.content.decode()
    assert now.status_code == 404


def test_it_stands_in_the_menu(tenant: Tenant) -> None:
    text = signed_in(tenant, Role.VIEWER).get(reverse("admin:index")).content.decode()

    assert reverse("admin:telephony_call_live") in text
