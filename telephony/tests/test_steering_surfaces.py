"""Ending and transferring calls by the API and from the page of live calls: who may, what is answered, what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from telephony.actions.request_command import LANE
from telephony.ami import acting
from telephony.ami.switching import SwitchingSimulator
from telephony.models import Call, CallCommand, Pbx
from telephony.selectors.live import forget
from telephony.tests.clicking import make_company
from telephony.tests.steering import TRUNK, done, going_on, wish
from tenants.models import AuditEntry, Extension, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange() -> Iterator[SwitchingSimulator]:
    with SwitchingSimulator() as made:
        assert isinstance(made, SwitchingSimulator)
        yield made
    acting.close_all()


@pytest.fixture
def pbx(exchange: SwitchingSimulator, settings: Any) -> Pbx:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    forget()
    return make_company(exchange, context="phones")


@pytest.fixture
def call(pbx: Pbx, exchange: SwitchingSimulator) -> Call:
    return going_on(pbx, exchange)


def machine(tenant: Tenant, *scopes: str) -> Client:
    return Client(
        headers={"x-api-key": make_api_key(tenant, list(scopes) or ["calls:read", "calls:write"])[1]}
    )


def person(tenant: Tenant, role: str, extension: str = "") -> Client:
    with all_tenants():
        own = Extension.objects.filter(tenant=tenant, number=extension).first()
    if extension and own is None:
        own = make_extension(tenant, extension)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=own).user)
    return client


def post(client: Client, call: Call, verb: str, body: Any = None, **headers: str) -> Any:
    text = json.dumps(body) if body is not None else ""
    return client.post(f"/api/v1/calls/{call.pk}/{verb}", text, "application/json", headers=headers)


def commands() -> int:
    with all_tenants():
        return CallCommand.objects.count()


def test_a_machine_transfers_and_ends_a_call(pbx: Pbx, call: Call, exchange: SwitchingSimulator) -> None:
    client = machine(pbx.tenant)

    answer = post(client, call, "transfer", {"extension": "151"})
    drain(LANE)
    found = client.get(f"/api/v1/call-commands/{answer.json()['id']}").json()

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["call"]) == ("pending", str(call.pk))
    assert (found["state"], found["kind"], found["extension"], found["reason"]) == (
        "done",
        "transfer",
        "151",
        "",
    )
    assert exchange.moved == {TRUNK: ("phones", "151")}
    listed = client.get(f"/api/v1/call-commands?call={call.pk}&state=done").json()
    assert [one["id"] for one in listed["results"]] == [found["id"]]


def test_a_repeat_with_the_same_key_is_one_command(
    pbx: Pbx, call: Call, exchange: SwitchingSimulator
) -> None:
    client = machine(pbx.tenant)

    first = post(client, call, "hangup", **{"Idempotency-Key": "once"})
    drain(LANE)
    again = post(client, call, "hangup", **{"Idempotency-Key": "once"})
    other = post(client, call, "transfer", {"extension": "151"}, **{"Idempotency-Key": "once"})

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert commands() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"extension": "159"}, 422, "unknown_extension"),
        ({"extension": "150"}, 409, "same_extension"),
        ({"extension": "+375291112233"}, 400, "invalid"),
        ({"extension": "151", "context": "from-provider"}, 400, "invalid"),
        ({}, 400, "invalid"),
        (["151"], 400, "invalid"),
    ],
)
def test_what_is_refused_says_why_and_leaves_nothing(
    pbx: Pbx, call: Call, body: Any, status: int, code: str
) -> None:
    answer = post(machine(pbx.tenant), call, "transfer", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert commands() == 0


def test_a_call_that_is_over_is_a_conflict(pbx: Pbx, call: Call) -> None:
    with all_tenants():
        Call.objects.filter(pk=call.pk).update(phase="ended", ended_at=call.started_at)

    answer = post(machine(pbx.tenant), call, "hangup")

    assert (answer.status_code, answer.json()["detail"]) == (409, "The call is over.")


def test_another_companys_call_does_not_exist(call: Call, exchange: SwitchingSimulator) -> None:
    stranger = machine(make_tenant())

    assert post(stranger, call, "hangup").status_code == 404
    assert post(stranger, call, "transfer", {"extension": "151"}).status_code == 404
    assert commands() == 0


def test_whoever_may_only_read_ends_nothing(pbx: Pbx, call: Call) -> None:
    assert post(machine(pbx.tenant, "calls:read"), call, "hangup").status_code == 403
    assert post(person(pbx.tenant, Role.VIEWER), call, "hangup").status_code == 403
    assert commands() == 0


def test_agents_end_their_own_talk_only(pbx: Pbx, call: Call, exchange: SwitchingSimulator) -> None:
    stranger = post(person(pbx.tenant, Role.AGENT, "151"), call, "hangup")
    with all_tenants():
        call.participants.create(tenant=pbx.tenant, extension="152")
    rang_only = post(person(pbx.tenant, Role.AGENT, "152"), call, "hangup")
    own = post(person(pbx.tenant, Role.AGENT, "150"), call, "hangup")

    assert (stranger.status_code, rang_only.status_code, own.status_code) == (404, 403, 202)
    assert rang_only.json()["code"] == "not_yours"
    with all_tenants():
        assert AuditEntry.objects.filter(action="call.hangup").count() == 1


def page(call: Call) -> str:
    return reverse("admin:telephony_call_steer", args=[call.pk])


def test_the_page_of_live_calls_leads_to_the_page_that_does_it(pbx: Pbx, call: Call) -> None:
    address = page(call)

    def linked(client: Client) -> bool:
        return address in client.get(reverse("admin:telephony_call_live")).content.decode()

    assert linked(person(pbx.tenant, Role.MANAGER))
    assert linked(person(pbx.tenant, Role.AGENT, "150"))
    assert not linked(person(pbx.tenant, Role.VIEWER))
    assert person(pbx.tenant, Role.VIEWER).get(address).status_code in (302, 403, 404)


def test_looking_at_the_page_does_nothing(pbx: Pbx, call: Call) -> None:
    shown = person(pbx.tenant, Role.MANAGER).get(page(call)).content.decode()

    assert "Hang up" in shown
    assert 'value="151"' in shown
    assert 'value="150"' not in shown  # has the call already
    assert commands() == 0


def test_a_manager_transfers_from_the_page_and_sees_what_became_of_it(
    pbx: Pbx, call: Call, exchange: SwitchingSimulator
) -> None:
    manager = person(pbx.tenant, Role.MANAGER)

    asked = manager.post(page(call), {"kind": "transfer", "extension": "151"})
    pending = manager.get(page(call)).content.decode()
    drain(LANE)
    shown = manager.get(page(call)).content.decode()

    assert asked["Location"] == page(call)
    assert "data-reload" in pending
    assert "data-reload" not in shown
    assert "transfer → 151" in shown
    assert exchange.moved == {TRUNK: ("phones", "151")}
    story = manager.get(reverse("admin:telephony_call_change", args=[call.pk])).content.decode()
    assert "transfer → 151 – done" in story


def test_a_colleague_of_nobodys_choosing_is_refused_by_the_page(pbx: Pbx, call: Call) -> None:
    manager = person(pbx.tenant, Role.MANAGER)

    shown = manager.post(page(call), {"kind": "transfer", "extension": "900"})

    assert shown.status_code == 200
    assert commands() == 0


def test_why_it_failed_is_on_the_list(pbx: Pbx, call: Call, exchange: SwitchingSimulator) -> None:
    exchange.channels.clear()
    row = done(wish(call, requester="anna"))
    manager = person(pbx.tenant, Role.MANAGER)

    listed = manager.get(reverse("admin:telephony_callcommand_changelist")).content.decode()
    one = manager.get(reverse("admin:telephony_callcommand_change", args=[row.pk])).content.decode()

    for shown in (listed, one):
        assert "The exchange has no such call any more." in shown
        assert "anna" in shown
