"""Admin pages and API: who sees what, at what cost, and never another company's."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony.models import Call, CallNotification, Pbx
from telephony.selectors import tellings, timeline
from telephony.selectors.live import forget
from telephony.tests.factories import make_pbx, play, posts, store
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


def signed_in(tenant: Tenant, role: str = Role.ADMIN, extension: str = "") -> Client:
    number = make_extension(tenant, extension) if extension else None
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=number).user)
    return client


def by_key(tenant: Tenant) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_api_key(tenant, ['calls:read'])[1]}"})


def in_all(work: Any) -> Any:
    with all_tenants():
        return work()


def play_to_the_end(pbx: Pbx, name: str) -> Call:
    """With pop-up, hang-up and upload at a simulated CRM."""
    with Simulator(codes={"150": 19}, limits_rate=False).running() as crm:
        make_integration(pbx.tenant, url=crm.url)
        events = posts(name)
        for part in (events[:2], events[2:]):
            store(pbx, part, at=timezone.now() - timedelta(seconds=part[0].offset))
            for lane in ("calls.fold", "calls.notify", "calls.finish", "calls.notify"):
                drain(lane, timezone.now() + timedelta(seconds=20) if lane == "calls.finish" else None)
    return in_all(lambda: Call.objects.get())


def test_the_call_page_tells_the_whole_story(pbx: Pbx, tenant: Tenant) -> None:
    call = play_to_the_end(pbx, "trouble_name_lookup_curl")

    page = signed_in(tenant).get(reverse("admin:telephony_call_change", args=[call.pk]))

    text = page.content.decode()
    assert page.status_code == 200
    for expected in (
        "+375291234570",
        "Main CRM: call in",
        "call.started",
        "Ромашка",
        "neither JSON nor a form",
    ):
        assert expected in text
    assert "simulator-key" not in text
    assert "bed-tenant-0367" not in text
    assert 'style="' not in text.split('class="tel-page"')[1].split("</ol>")[0]


def test_the_call_page_says_who_was_told_what_and_when(pbx: Pbx, tenant: Tenant) -> None:
    call = play_to_the_end(pbx, "inbound_answered")

    with all_tenants(), CaptureQueriesContext(connection) as queries:
        told = tellings(call)

    assert len(queries) == 2
    assert [(one.what, one.whom, one.state, one.attempts) for one in told] == [
        ("pop-up 150", "Main CRM", "done", 1),
        ("hang-up", "Main CRM", "done", 1),
    ]
    assert told[0].waited is not None
    assert told[0].waited >= 0
    assert not any(one.is_retryable for one in told)


def test_the_call_page_costs_the_same_whatever_the_call_s_length(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    client = signed_in(tenant)
    short, long = play(pbx, "inbound_missed"), play(pbx, "transfer_attended")
    counts = []
    client.get(reverse("admin:telephony_call_change", args=[short.pk]))

    for call in (short, long):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("admin:telephony_call_change", args=[call.pk])).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_first_page_says_what_happened_today_and_leads_there(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    client = signed_in(tenant)
    for number, name in enumerate(
        ("inbound_answered", "inbound_missed", "inbound_missed", "outbound_answered")
    ):
        play(pbx, name, suffix=f"-{number}")
    in_all(lambda: CallNotification.objects.filter(kind="popup").update(state="failed"))

    page = client.get(reverse("admin:index")).content.decode()

    assert re.findall(r"<strong[^>]*>(\d+)</strong><span>(in all|incoming|outgoing|missed)", page)[:4] == [
        ("4", "in all"),
        ("3", "incoming"),
        ("1", "outgoing"),
        ("2", "missed"),
    ]
    missed = client.get(unescape(re.findall(r'href="([^"]*missed=1)"', page)[0])).content.decode()
    assert missed.count("no answer</span>") == 2
    failed = unescape(re.findall(r'href="([^"]*callnotification/\?state__exact=failed)"', page)[0])
    assert client.get(failed).status_code == 200
    assert "Play demo calls" not in page


def test_the_first_page_costs_the_same_for_one_call_and_for_many(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    client = signed_in(tenant)
    play(pbx, "inbound_missed")
    client.get(reverse("admin:index"))
    forget()  # what is going on now is looked up once a second
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("admin:index"))
    for number in range(8):
        play(pbx, "ring_group", suffix=f"-{number}")
    forget()

    with CaptureQueriesContext(connection) as many:
        client.get(reverse("admin:index"))

    assert len(many) == len(few)


def test_a_newcomer_is_led_from_step_to_step(tenant: Tenant) -> None:
    page = signed_in(tenant).get(reverse("admin:index")).content.decode()
    viewer = signed_in(tenant, Role.VIEWER).get(reverse("admin:index")).content.decode()

    assert "0 of 5 done" in page
    assert re.findall(r'aria-current="step">.*?<a href="([^"]+)"', page, re.S) == [
        reverse("admin:telephony_pbx_add")
    ]
    assert "of 5 done" not in viewer

    make_pbx(tenant)

    page = signed_in(tenant).get(reverse("admin:index")).content.decode()
    assert "1 of 5 done" in page
    assert re.findall(r'aria-current="step">.*?<a href="([^"]+)"', page, re.S) == [
        reverse("admin:tenants_extension_changelist")
    ]


def test_agents_read_of_nothing_that_they_may_not_open(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    play(pbx, "inbound_answered")
    in_all(lambda: CallNotification.objects.update(state="failed"))

    page = signed_in(tenant, Role.AGENT, "150").get(reverse("admin:index")).content.decode()

    assert "Everything works." in page
    assert "callnotification" not in page
    assert "integrations/integration/" not in page


def test_the_story_is_in_order_and_costs_a_fixed_number_of_queries(pbx: Pbx, tenant: Tenant) -> None:
    call = play_to_the_end(pbx, "inbound_answered")

    with all_tenants(), CaptureQueriesContext(connection) as queries:
        entries = timeline(call)

    assert len(queries) <= 7
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert (entries[0].source, entries[0].ms) == ("pbx", 0)
    assert {"pbx", "call", "event", "crm"} <= {entry.source for entry in entries}


@pytest.mark.parametrize("page", ["call", "callnotification", "callevent", "pbx"])
def test_lists_cost_the_same_whatever_their_length(pbx: Pbx, tenant: Tenant, page: str) -> None:
    make_integration(tenant)
    client = signed_in(tenant)
    address = reverse(f"admin:telephony_{page}_changelist")
    play(pbx, "inbound_missed")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    for number in range(8):
        play(pbx, "ring_group", suffix=f"-{number}")

    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200

    assert len(many) == len(few)
    assert not [
        query["sql"]
        for query in many
        if "COUNT(*)" in query["sql"] and "telephony_call" in query["sql"] and page != "pbx"
    ]


@pytest.mark.parametrize("page", ["call", "callnotification", "callevent", "pbx"])
def test_another_company_sees_nothing(pbx: Pbx, page: str) -> None:
    make_integration(pbx.tenant)
    play(pbx, "inbound_missed")
    model = {"call": Call, "callnotification": CallNotification, "callevent": None, "pbx": Pbx}[page]
    key = in_all(lambda: model.objects.first().pk if model else Call.objects.get().events.first().pk)
    stranger = signed_in(make_tenant())

    listed = stranger.get(reverse(f"admin:telephony_{page}_changelist"))
    opened = stranger.get(reverse(f"admin:telephony_{page}_change", args=[key]))

    assert "375291112233" not in listed.content.decode()
    assert opened.status_code in (302, 404)
    assert "375291112233" not in opened.content.decode()


def test_agents_see_their_own_calls(pbx: Pbx, tenant: Tenant) -> None:
    mine, other = play(pbx, "inbound_answered"), play(pbx, "inbound_missed")
    agent = signed_in(tenant, Role.AGENT, "150")

    listed = agent.get("/api/v1/calls/").json()

    assert [row["id"] for row in listed["results"]] == [str(mine.pk)]
    assert agent.get(f"/api/v1/calls/{other.pk}/").status_code == 404
    assert agent.get(f"/api/v1/calls/{other.pk}/timeline/").status_code == 404
    page = agent.get(reverse("admin:telephony_call_changelist")).content.decode()
    assert str(mine.pk) in page
    assert str(other.pk) not in page
    assert agent.get(reverse("admin:telephony_call_change", args=[other.pk])).status_code == 302


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["outbound_busy", "inbound_missed", "inbound_answered"]),
        ("direction=out", ["outbound_busy"]),
        ("status=missed&status=busy", ["outbound_busy", "inbound_missed"]),
        ("phone=%2B375291112233", ["inbound_missed"]),
        ("phone=+375291112233", ["inbound_missed"]),
        ("phone=80291112233", ["inbound_missed"]),
        ("phone=nobody", []),
        ("extension=150", ["outbound_busy", "inbound_answered"]),
        ("extension=999", []),
        ("started_from=2000-01-01T00:00:00Z", ["outbound_busy", "inbound_missed", "inbound_answered"]),
        ("started_to=2000-01-01T00:00:00Z", []),
    ],
)
def test_filters_of_the_list(pbx: Pbx, tenant: Tenant, query: str, names: list[str]) -> None:
    calls = {
        name: str(play(pbx, name).pk) for name in ("inbound_answered", "inbound_missed", "outbound_busy")
    }

    answer = by_key(tenant).get(f"/api/v1/calls/?{query}").json()

    assert [row["id"] for row in answer["results"]] == [calls[name] for name in names]


@pytest.mark.parametrize(
    "query", ["direction=sideways", "status=fine", "started_from=yesterday", "phone=" + "1" * 41]
)
def test_wrong_filters_are_named(tenant: Tenant, query: str) -> None:
    answer = by_key(tenant).get(f"/api/v1/calls/?{query}")

    assert answer.status_code == 400
    assert query.split("=")[0] in answer.content.decode()


def test_one_call_and_its_story_by_key(pbx: Pbx, tenant: Tenant) -> None:
    call = play(pbx, "transfer_blind_refer")
    client, stranger = by_key(tenant), by_key(make_tenant())

    shown = client.get(f"/api/v1/calls/{call.pk}/").json()
    story = client.get(f"/api/v1/calls/{call.pk}/timeline/").json()

    assert (shown["status"], shown["responsible"], shown["talk_seconds"]) == ("answered", "151", 12)
    assert [person["extension"] for person in shown["participants"]] == ["150", "151"]
    assert [talk["extension"] for talk in shown["talks"]] == ["150", "151"]
    assert sum(entry["source"] == "pbx" for entry in story) == 8
    assert [stranger.get(f"/api/v1/calls/{call.pk}/{tail}").status_code for tail in ("", "timeline/")] == [
        404,
        404,
    ]
    assert client.post("/api/v1/calls/", {}).status_code in (403, 405)


def test_a_failed_notification_is_sent_again_by_hand(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    play(pbx, "inbound_missed")
    in_all(lambda: drain("calls.finish"))
    upload = in_all(lambda: CallNotification.objects.get(kind="upload"))
    in_all(
        lambda: CallNotification.objects.filter(pk=upload.pk).update(
            state="failed", settled_at=timezone.now()
        )
    )
    address = reverse("admin:telephony_callnotification_retry", args=[upload.pk])
    page = reverse("admin:telephony_call_change", args=[upload.call_id])
    offered = [
        address in signed_in(tenant, role).get(page).content.decode() for role in (Role.ADMIN, Role.MANAGER)
    ]

    refused = [
        signed_in(tenant, Role.MANAGER).post(address).status_code,
        signed_in(make_tenant()).post(address).status_code,
    ]
    looked = signed_in(tenant).get(address).status_code
    answer = signed_in(tenant).post(address)

    assert (refused, looked, answer.status_code) == ([403, 404], 405, 302)
    assert offered == [True, False]
    assert in_all(lambda: CallNotification.objects.get(pk=upload.pk)).state == "pending"


def test_the_token_is_shown_once_and_rotated_by_post(pbx: Pbx, tenant: Tenant) -> None:
    client, page = signed_in(tenant), reverse("admin:telephony_pbx_change", args=[pbx.pk])
    address = reverse("admin:telephony_pbx_rotate", args=[pbx.pk])
    assert pbx.token not in client.get(page).content.decode()

    answer = client.post(address, follow=True)

    fresh = in_all(lambda: Pbx.objects.get(pk=pbx.pk))
    assert fresh.token != pbx.token
    assert fresh.previous_digest == pbx.token_digest
    assert fresh.token in answer.content.decode()
    assert fresh.token not in client.get(page).content.decode()
    assert [client.get(address).status_code, signed_in(tenant, Role.MANAGER).post(address).status_code] == [
        405,
        403,
    ]


def test_a_new_exchange_shows_its_token(tenant: Tenant) -> None:
    client = signed_in(tenant)

    answer = client.post(
        reverse("admin:telephony_pbx_add"),
        {"name": "Office", "is_enabled": "on", "timezone": "", "recording_url_template": ""},
        follow=True,
    )

    made = in_all(lambda: Pbx.objects.get())
    assert made.tenant_id == tenant.pk
    assert made.token in answer.content.decode()
