"""The diagnosis of real calls: on the call's page, by a form, by the API; for whom, and never another company's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony import policies
from telephony.actions.save_line import set_hearers
from telephony.diagnosis import gather
from telephony.models import Call, Line, Pbx, PopupChoice, PopupMode
from telephony.tests.factories import make_call, make_pbx, play, posts, store
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_member, make_operator, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db
WHY = reverse("admin:telephony_call_why")
LINE = "+375173001006"  # by which the captured call came


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


def signed_in(tenant: Tenant, role: str = Role.MANAGER, extension: str = "") -> Client:
    number = make_extension(tenant, extension) if extension else None
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=number).user)
    return client


def by_key(tenant: Tenant) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, ["calls:read"])[1]})


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(step["code"], step["tone"]) for step in answer.json()["steps"]]


def test_a_call_that_was_shown_and_one_that_came_too_late(pbx: Pbx, tenant: Tenant) -> None:
    with Simulator(codes={"150": 19}, limits_rate=False).running() as crm:
        make_integration(tenant, url=crm.url)
        events = posts("inbound_answered")
        for part in (events[:2], events[2:]):
            store(pbx, part, at=timezone.now() - timedelta(seconds=part[0].offset))
            drain("calls.fold")
            drain("calls.notify")
        with all_tenants():
            shown = Call.objects.get()
        late = play(pbx, "inbound_answered", suffix="-late")
    machine = by_key(tenant)

    first, second = (machine.get(f"/api/v1/calls/{call.pk}/diagnosis") for call in (shown, late))

    assert ("sent", "good") in codes(first)
    assert ("sent", "bad") in codes(second)
    assert "was not sent" in " ".join(step["title"] for step in second.json()["steps"])


def test_without_a_crm_the_answer_says_so(pbx: Pbx, tenant: Tenant) -> None:
    call = play(pbx, "inbound_missed")
    answer = by_key(tenant).get(f"/api/v1/calls/{call.pk}/diagnosis").json()

    assert answer["verdict"] == "No CRM is connected that shows calls."
    assert answer["is_well"] is False
    assert answer["steps"][-1]["advice"]
    assert by_key(make_tenant()).get(f"/api/v1/calls/{call.pk}/diagnosis").status_code == 404


def test_agents_hear_of_their_own_calls_and_not_of_crms(pbx: Pbx, tenant: Tenant) -> None:
    mine, other = play(pbx, "inbound_answered"), play(pbx, "inbound_missed")
    agent = signed_in(tenant, Role.AGENT, "150")

    answer = agent.get(f"/api/v1/calls/{mine.pk}/diagnosis")

    assert codes(answer)[-1] == ("number", "good")
    assert agent.get(f"/api/v1/calls/{other.pk}/diagnosis").status_code == 404
    assert agent.get(WHY).status_code == 403


def test_the_calls_page_explains_itself(pbx: Pbx, tenant: Tenant) -> None:
    call = play(pbx, "inbound_missed")
    drain("calls.finish")
    page = reverse("admin:telephony_call_change", args=[call.pk])

    manager, agent = signed_in(tenant).get(page), signed_in(tenant, Role.VIEWER).get(page)

    assert "No CRM is connected that shows calls." in manager.content.decode()
    assert "No CRM is connected" not in agent.content.decode()


def test_the_form_finds_explains_and_offers(pbx: Pbx, tenant: Tenant) -> None:
    at = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=3)
    make_call(pbx, at=at, client_number="+375291110001")
    make_call(pbx, at=at + timedelta(minutes=5), client_number="+375291110002")
    client, when = signed_in(tenant), at.strftime("%Y-%m-%dT%H:%M")

    one, two = client.get(WHY, {"number": "0001", "at": when}), client.get(WHY, {"at": when})
    none, odd = client.get(WHY, {"number": "7777", "at": when}), client.get(WHY, {"at": "yesterday"})

    assert one.context["call"].client_number == "+375291110001"
    assert "No phone rang" in one.content.decode()
    assert len(two.context["calls"]) == 2
    assert "No message of the exchange has ever come." in none.content.decode()
    assert "This time could not be read." in odd.content.decode()
    assert client.get(WHY).status_code == 200
    assert signed_in(make_tenant()).get(WHY, {"number": "0001"}).context.get("call") is None


def test_an_operator_chooses_a_company_first() -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_operator())

    assert "Choose a company" in client.get(WHY, {"number": "0001"}).content.decode()


def test_facts_cost_the_same_whatever_the_call(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    calls = [play(pbx, name, suffix=f"-{name}") for name in ("inbound_missed", "transfer_attended")]
    costs = []
    for call in calls:
        with tenant_scope(tenant):
            found = Call.objects.select_related("tenant").get(pk=call.pk)
            gather(found)
            with CaptureQueriesContext(connection) as queries:
                gather(found)
        costs.append(len(queries))

    assert costs == [3, 3]


def test_a_crm_that_does_not_hear_of_the_line_is_explained_by_the_lines_own_rows(
    pbx: Pbx, tenant: Tenant
) -> None:
    crm, other = make_integration(tenant, name="Sales CRM"), make_integration(tenant, name="Other CRM")
    with tenant_scope(tenant):
        line = Line.objects.create(tenant=tenant, number=LINE)
        set_hearers(line, [other])
    call = play(pbx, "inbound_missed")
    drain("calls.finish")
    machine = by_key(tenant)

    answer = machine.get(f"/api/v1/calls/{call.pk}/diagnosis").json()
    page = signed_in(tenant).get(reverse("admin:telephony_call_change", args=[call.pk])).content.decode()

    told = [step for step in answer["steps"] if step["code"] == "line"]
    assert [step["title"] for step in told] == [f"Sales CRM is not told of calls by the line {LINE}."]
    assert told[0]["text"] == "Other systems hear of it."
    assert reverse("admin:telephony_line_change", args=[line.pk]) in page
    with tenant_scope(tenant):
        set_hearers(line, [crm, other])
    assert "line" not in dict(codes(machine.get(f"/api/v1/calls/{call.pk}/diagnosis")))


def test_a_line_that_is_switched_off_is_told_of_to_nobody(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    with tenant_scope(tenant):
        Line.objects.create(tenant=tenant, number=LINE, is_enabled=False, name="Sales")
    policies.forget(tenant.pk)
    call = play(pbx, "inbound_missed")

    [told] = [
        step
        for step in by_key(tenant).get(f"/api/v1/calls/{call.pk}/diagnosis").json()["steps"]
        if step["code"] == "line"
    ]

    assert told["title"].endswith("the line Sales.")
    assert told["text"] == "No CRM is told of its calls."


@pytest.mark.parametrize("mode", ["never", "answer"])
def test_owners_who_want_no_popup_are_named(pbx: Pbx, tenant: Tenant, mode: str) -> None:
    make_integration(tenant)
    with tenant_scope(tenant):
        PopupChoice.objects.create(tenant=tenant, extension="152", mode=mode)
    policies.forget(tenant.pk)
    call = play(pbx, "inbound_missed")
    drain("calls.finish")

    answer = by_key(tenant).get(f"/api/v1/calls/{call.pk}/diagnosis").json()
    page = signed_in(tenant).get(reverse("admin:telephony_call_change", args=[call.pk])).content.decode()

    [told] = [step for step in answer["steps"] if step["code"] == "mode"]
    assert told["title"] == "The owner of 152 wants no pop-up while the phone rings."
    assert str(PopupMode(mode).label) in told["text"]
    assert f'tel-link" href="{reverse("admin:telephony_callpolicy_changelist")}"' in page


def test_of_a_group_only_those_who_want_none_are_spared(pbx: Pbx, tenant: Tenant) -> None:
    make_integration(tenant)
    with tenant_scope(tenant):
        PopupChoice.objects.create(tenant=tenant, extension="151", mode="never")
    policies.forget(tenant.pk)
    call = play(pbx, "ring_group")

    answer = by_key(tenant).get(f"/api/v1/calls/{call.pk}/diagnosis").json()

    [told] = [step for step in answer["steps"] if step["code"] == "mode"]
    assert (told["tone"], "151" in told["title"], "150" in told["title"]) == ("", True, False)
