"""Calling a client back from the list of those who wait: the same click, for whom, from whose phone, and once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from telephony.actions.missed_clients import follow_up
from telephony.ami import acting
from telephony.ami.simulator import AmiSimulator
from telephony.models import MissedClient, OriginateRequest, Pbx
from telephony.tests.clicking import CLIENT, limits, make_company, send
from telephony.tests.factories import make_call, make_pbx
from tenants.models import AuditEntry, Extension, Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db

MISSED = "/api/v1/missed-clients"
LIST = reverse("admin:telephony_missedclient_changelist")


@pytest.fixture
def exchange(settings: Any) -> Iterator[AmiSimulator]:
    cache.clear()
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with AmiSimulator() as simulator:
        yield simulator
    acting.close_all()


@pytest.fixture
def pbx(exchange: AmiSimulator) -> Pbx:
    return make_company(exchange)


@pytest.fixture
def tenant(pbx: Pbx) -> Tenant:
    return pbx.tenant


def missed(pbx: Pbx, number: str = CLIENT, minutes: int = 10, **values: Any) -> MissedClient:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    call = make_call(pbx, at=at, client_number=number, **{"responsible": "150", **values})
    with all_tenants():
        follow_up([call])
        return MissedClient.objects.get(client_number=number, tenant_id=pbx.tenant_id)


def person(tenant: Tenant, role: str = Role.AGENT, extension: str = "") -> Client:
    with tenant_scope(tenant):
        number = Extension.objects.get(number=extension) if extension else None
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=number).user)
    return client


def machine(tenant: Tenant, *scopes: str) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, list(scopes) or ["calls:*"])[1]})


def rows() -> list[tuple[str, str, str, str]]:
    with all_tenants():
        found = OriginateRequest.objects.order_by("id")
        return [(row.extension, row.phone, row.state, row.origin) for row in found]


def page(row: MissedClient) -> str:
    return reverse("admin:telephony_missedclient_call_back", args=[row.pk])


def address(row: MissedClient, what: str = "call-back") -> str:
    return f"{MISSED}/{row.pk}/{what}"


def test_an_agents_own_phone_rings_and_the_client_is_called(
    pbx: Pbx, tenant: Tenant, exchange: AmiSimulator
) -> None:
    row, agent = missed(pbx), person(tenant, extension="150")

    asked = agent.get(page(row)).content.decode()
    answer = agent.post(page(row))

    assert "Your phone 150" in asked
    assert rows() == [("150", CLIENT, "queued", "admin")]
    with all_tenants():
        click = OriginateRequest.objects.get()
    assert answer.headers["Location"] == reverse("admin:telephony_originaterequest_change", args=[click.pk])
    send(click)
    [action] = exchange.asked("Originate")
    assert action["Channel"] == "PJSIP/150"


def test_the_list_leads_to_it_for_those_who_may(pbx: Pbx, tenant: Tenant) -> None:
    row = missed(pbx)

    assert page(row) in person(tenant, extension="150").get(LIST).content.decode()
    assert page(row) in person(tenant, Role.MANAGER).get(LIST).content.decode()
    assert page(row) not in person(tenant, Role.VIEWER).get(LIST).content.decode()
    assert person(tenant, Role.VIEWER).get(page(row)).status_code == 403


def test_an_agent_cannot_let_a_colleagues_phone_ring(pbx: Pbx, tenant: Tenant) -> None:
    row, agent = missed(pbx), person(tenant, extension="150")

    agent.post(page(row), {"extension": "151"})
    refused = agent.post(address(row), {"extension": "151"}, content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert [one[0] for one in rows()] == ["150"]  # the page has no choice, so nothing of it is read


def test_a_manager_chooses_whose_phone_rings(pbx: Pbx, tenant: Tenant) -> None:
    row, manager = missed(pbx), person(tenant, Role.MANAGER)

    form = manager.get(page(row)).context["form"]
    manager.post(page(row), {"extension": "151"})
    wrong = manager.post(page(row), {"extension": "999"})

    assert [choice[0] for choice in form.fields["extension"].choices] == ["150", "151"]
    assert form["extension"].value() == "150"
    assert "999 is not one of the available choices" in wrong.content.decode()
    assert [one[0] for one in rows()] == ["151"]


def test_without_any_phone_nothing_is_called(pbx: Pbx, tenant: Tenant) -> None:
    row = missed(pbx)
    with all_tenants():
        Extension.objects.all().delete()
    manager = person(tenant, Role.MANAGER)

    assert "You have no extension here" in manager.get(page(row)).content.decode()
    answer = manager.post(address(row), {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_extension")


def test_the_limits_of_clicks_hold_and_are_said_in_words(pbx: Pbx, tenant: Tenant) -> None:
    limits(tenant, extension_per_day=0)
    row, agent = missed(pbx), person(tenant, extension="150")

    answer = agent.post(page(row), follow=True)
    by_machine = machine(tenant).post(address(row), {}, content_type="application/json")

    with all_tenants():
        reason = OriginateRequest.objects.order_by("id")[0].reason
    assert reason in answer.content.decode()
    assert (by_machine.status_code, by_machine.json()["code"]) == (429, "extension_day")
    assert [one[2] for one in rows()] == ["refused", "refused"]


def test_who_was_reached_meanwhile_is_not_called(pbx: Pbx, tenant: Tenant) -> None:
    row, agent = missed(pbx), person(tenant, extension="150")
    assert agent.post(address(row, "clear")).json()["is_waiting"] is False

    shown = agent.post(page(row), follow=True).content.decode()
    answer = agent.post(address(row), {}, content_type="application/json")

    assert "has been reached meanwhile" in shown
    assert (answer.status_code, answer.json()["code"]) == (409, "not_waiting")
    assert rows() == []


def test_a_machine_lets_the_phone_of_whoever_should_call_back_ring(pbx: Pbx, tenant: Tenant) -> None:
    row, other = missed(pbx), missed(pbx, "+375291234571")
    client = machine(tenant)

    first = client.post(address(row), {}, content_type="application/json")
    second = client.post(address(other), {"extension": "151"}, content_type="application/json")

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["state"] == "queued"
    assert [one[0] for one in rows()] == ["150", "151"]


def test_a_repeated_request_is_one_call(pbx: Pbx, tenant: Tenant) -> None:
    row, other = missed(pbx), missed(pbx, "+375291234571")
    client, key = machine(tenant), {"idempotency-key": str(uuid4())}

    def ask(one: MissedClient, **body: str) -> Any:
        return client.post(address(one), body, content_type="application/json", headers=key)

    first, again = ask(row), ask(row)
    client.post(address(row, "clear"))
    late, reused = ask(row), ask(other)

    assert first.json()["id"] == again.json()["id"] == late.json()["id"]
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")
    assert ask(row, extension="151").status_code == 422
    assert len(rows()) == 1


def test_a_refusal_stays_a_row_even_with_a_key(pbx: Pbx, tenant: Tenant) -> None:
    limits(tenant, per_day=0)
    headers = {"idempotency-key": "one"}

    machine(tenant).post(address(missed(pbx)), {}, content_type="application/json", headers=headers)

    assert [one[2] for one in rows()] == ["refused"]


def test_scopes_roles_and_other_companies(pbx: Pbx, tenant: Tenant) -> None:
    row = missed(pbx)
    other = make_pbx(make_tenant(timezone="UTC")).tenant

    def asked(client: Client, what: str = "call-back") -> int:
        return client.post(address(row, what), {}, content_type="application/json").status_code

    for what in ("call-back", "clear"):
        assert asked(machine(tenant, "calls:read"), what) == 403
        assert asked(person(tenant, Role.VIEWER), what) == 403
        assert asked(machine(other), what) == 404
        assert asked(person(other, Role.OWNER), what) == 404
        assert asked(person(tenant, extension="151"), what) == 404  # never rang there
    assert person(other, Role.OWNER).post(page(row)).status_code in (302, 404)
    operator = Client()
    operator.force_login(make_operator())
    assert operator.post(page(row)).status_code == 403
    assert machine(other).get(f"{MISSED}/{row.pk}").status_code == 404
    assert machine(other).get(MISSED).json()["results"] == []
    assert rows() == []
    with all_tenants():
        assert MissedClient.objects.get().is_open


def test_taking_somebody_off_the_list_is_audited_once(pbx: Pbx, tenant: Tenant) -> None:
    row, client = missed(pbx), machine(tenant)

    first, again = client.post(address(row, "clear")), client.post(address(row, "clear"))

    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["clearing"] == "hand"
    assert AuditEntry._base_manager.filter(action="missed_client.cleared").count() == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["72", "71"]),
        ({"state": "reached"}, ["73"]),
        ({"state": "all"}, ["73", "72", "71"]),
        ({"extension": "151"}, ["72"]),
        ({"line": "+375170000009"}, ["71"]),
        ({"phone": "+375291234571"}, ["71"]),
        ({"phone": "80291234571"}, ["71"]),
        ({"ends_with": "4572"}, ["72"]),
        ({"missed_from": "2000-01-01T00:00:00Z"}, ["72", "71"]),
        ({"missed_to": "2000-01-01T00:00:00Z"}, []),
    ],
)
def test_the_list_by_the_api(pbx: Pbx, tenant: Tenant, query: dict[str, str], expected: list[str]) -> None:
    missed(pbx, "+375291234571", 30, did="+375170000009")
    missed(pbx, "+375291234572", 20, responsible="151")
    machine(tenant).post(address(missed(pbx, "+375291234573", 10), "clear"))

    found = machine(tenant, "calls:read").get(MISSED, query).json()["results"]

    assert [one["client_number"][-2:] for one in found] == expected


@pytest.mark.parametrize("query", [{"state": "x"}, {"ends_with": "a"}, {"missed_to": "x"}, {"strange": "1"}])
def test_a_wrong_parameter_is_named(tenant: Tenant, query: dict[str, str]) -> None:
    answer = machine(tenant, "calls:read").get(MISSED, query)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == list(query)


def test_page_by_page_at_the_same_cost(pbx: Pbx, tenant: Tenant) -> None:
    for number in range(5):
        missed(pbx, f"+37529123458{number}", 30 - number)
    client = machine(tenant, "calls:read")
    client.get(MISSED, {"page_size": 1})

    with CaptureQueriesContext(connection) as few:
        first = client.get(MISSED, {"page_size": 2}).json()
    with CaptureQueriesContext(connection) as many:
        client.get(MISSED, {"page_size": 5})
    second = client.get(first["next"]).json()

    ends = [one["client_number"][-1] for one in (*first["results"], *second["results"])]
    assert ends == ["4", "3", "2", "1"]
    assert len(few) == len(many)


def test_agents_list_those_who_called_them(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx)
    missed(pbx, "+375291234571", responsible="151")

    found = person(tenant, extension="151").get(MISSED).json()["results"]

    assert [one["client_number"] for one in found] == ["+375291234571"]
