"""Who ended a call, its queue and its channels: in the API, on the page, in events and exports, and in nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from telephony.models import Call, Pbx
from telephony.tests.factories import make_pbx
from telephony.tests.sources import packets_of, tell
from tenants.models import Event, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


@pytest.fixture
def call(pbx: Pbx, settings: Any) -> Call:
    settings.CALL_END_GRACE = 0.0
    tell(pbx, packets_of("queue_second_agent"), timezone.now() - timedelta(minutes=1))
    for lane in ("calls.fold", "calls.finish"):
        drain(lane)
    with all_tenants():
        return Call.objects.get(pbx=pbx)


def signed_in(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role).user)
    return client


def by_key(tenant: Tenant) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_api_key(tenant, ['calls:read'])[1]}"})


def test_the_api_tells_of_each_channel(tenant: Tenant, call: Call) -> None:
    found = by_key(tenant).get(f"/api/v1/calls/{call.pk}/").json()

    assert (found["status"], found["ended_by"], found["queue"]) == ("answered", "client", "support")
    assert found["hangup_reason"] == "ended normally"
    assert [
        (leg["role"], leg["extension"], leg["number"], leg["dial_status"], leg["cause"])
        for leg in found["legs"]
    ] == [
        ("client", "", "+375291234570", "", 16),
        ("agent", "152", "152", "NOANSWER", 0),
        ("agent", "151", "151", "ANSWER", 16),
    ]
    assert found["legs"][2]["cause_text"] == "ended normally"
    assert found["legs"][1]["answered_at"] is None


def test_the_list_has_no_legs_and_costs_no_query_for_them(tenant: Tenant, call: Call) -> None:
    client = by_key(tenant)
    client.get("/api/v1/calls/")

    with CaptureQueriesContext(connection) as queries:
        [found] = client.get("/api/v1/calls/").json()["results"]

    assert "legs" not in found
    assert not [query for query in queries if "telephony_callleg" in query["sql"]]


def test_another_company_sees_nothing_of_it(call: Call) -> None:
    stranger = make_tenant()

    assert by_key(stranger).get(f"/api/v1/calls/{call.pk}/").status_code == 404
    page = signed_in(stranger).get(reverse("admin:telephony_call_change", args=[call.pk]))
    assert page.status_code in (302, 404)
    assert b"PJSIP/152-0000002c" not in page.content


def test_the_page_shows_the_channels(tenant: Tenant, call: Call) -> None:
    make_extension(tenant, "152", name="Boris")

    page = signed_in(tenant).get(reverse("admin:telephony_call_change", args=[call.pk])).content.decode()

    assert "Channels" in page
    for text in ("152 Boris", "PJSIP/152-0000002c", "colleague", "no answer", "the client", "support"):
        assert text in page, text


def test_events_tell_who_ended_it(call: Call) -> None:
    with all_tenants():
        ended = Event.objects.get(type="call.ended")

    assert (ended.data["ended_by"], ended.data["queue"], ended.data["status"]) == (
        "client",
        "support",
        "answered",
    )
