"""Agents see their own calls only, on every surface; the other agent's client is nowhere to be found."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exports.actions import request_export
from exports.lanes import LANE
from exports.models import Export, State
from exports.reader import Reader
from exports.registry import get_dataset
from exports.request import ExportRequest, InvalidRequest
from integrations.models import Exchange
from telephony.models import Call, CallParticipant
from telephony.selectors import Sight
from tenants.models import Event, Member, Role, Tenant, User
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant
from tenants.work import drain
from tests.strangers.belongings import Belongings
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db


def make_call(tenant: Tenant, number: str, client: str) -> Call:
    """A call of today that rang at that extension, with everything that is told of calls."""
    belongings = Belongings(tenant)
    call: Call = belongings.of(Call)
    Call._base_manager.filter(pk=call.pk).update(
        client_number=client, client_raw=client, client_name="", did="", responsible=number, answered_by="",
        started_at=timezone.now(), merged_into=None, direction="in", status="missed",
    )  # fmt: skip
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=call, extension=number)
        Event.objects.create(
            tenant=tenant,
            type="call.ended",
            data={"client": client},
            correlation_id=call.pk,
            occurred_at=timezone.now(),
            key=str(call.pk),
        )
    call.refresh_from_db()
    return call


def person(name: str) -> User:
    """Without a password, whose hashing takes its time."""
    return User.objects.create(username=f"person-{name}")


ANNAS, BORISS = "+375291110011", "+375292220022"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def calls(tenant: Tenant) -> dict[str, Call]:
    return {number: make_call(tenant, number, client) for number, client in (("150", ANNAS), ("151", BORISS))}


@pytest.fixture
def agents(tenant: Tenant, calls: dict[str, Call]) -> dict[str, Member]:
    return {
        number: make_member(tenant, Role.AGENT, user=person(number), extension=make_extension(tenant, number))
        for number in calls
    }


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(("own", "other"), [("150", "151"), ("151", "150")])
def test_lists_pages_figures_and_api(
    own: str, other: str, calls: dict[str, Call], agents: dict[str, Member]
) -> None:
    client = signed_in(agents[own])
    mine, theirs = calls[own].client_number, calls[other].client_number
    listed = reverse("admin:telephony_call_changelist")
    address = reverse("admin:telephony_call_change", args=[calls[own].pk])

    for shown in (
        client.get(listed),
        client.get(reverse("admin:index")),
        client.get(address),
        client.get(reverse("call-list")),
        client.get(reverse("call-detail", args=[calls[own].pk])),
        client.get(reverse("call-timeline", args=[calls[own].pk])),
    ):
        assert shown.status_code == 200
        assert mine.lstrip("+") in text_of(shown)
        assert theirs.lstrip("+") not in text_of(shown)
    for search in ({"q": theirs}, {"client_number": theirs}, {"responsible": other}, {"missed": "1"}):
        assert str(calls[other].pk) not in text_of(client.get(listed, search))
    assert client.get(reverse("admin:telephony_call_change", args=[calls[other].pk])).status_code == 302
    for name in ("call-detail", "call-timeline"):
        assert client.get(reverse(name, args=[calls[other].pk])).status_code == 404
    assert client.get(reverse("call-list"), {"extension": other}).json()["results"] == []


def test_the_figures_of_the_first_page_count_own_calls(
    calls: dict[str, Call], agents: dict[str, Member]
) -> None:
    cards = {
        member: signed_in(one).get(reverse("admin:index")).context["cards"] for member, one in agents.items()
    }

    for shown in cards.values():
        (today,) = [card for card in shown if card.template == "admin/cards/calls.html"]
        assert today.context["total"] == 1


def test_effects_of_calls_are_not_theirs_to_see(calls: dict[str, Call], agents: dict[str, Member]) -> None:
    """Who was told, with what words, and the messages of the exchange: managers' and administrators' business."""
    client, call = signed_in(agents["150"]), calls["150"]

    page = client.get(reverse("admin:telephony_call_change", args=[call.pk]))
    told = client.get(reverse("call-timeline", args=[call.pk])).json()

    assert {line.entry.source for line in page.context["lines"]} <= {"pbx", "call"}
    assert page.context["told"] == []
    assert {entry["source"] for entry in told} <= {"pbx", "call"}
    assert [entry for entry in told if entry["parts"]] == []
    for name in (
        "event-list",
        "delivery-list",
        "endpoint-list",
        "inbound-list",
        "exchange-list",
        "export-list",
    ):
        assert client.get(reverse(name)).status_code == 403, name


def test_how_deep_each_role_looks(tenant: Tenant) -> None:
    seen = {role: Sight.of(make_member(tenant, role, user=person(role))) for role in Role.values}

    assert seen == {
        "owner": Sight.EVERYTHING,
        "admin": Sight.EVERYTHING,
        "manager": Sight.EFFECTS,
        "agent": Sight.CALL,
        "viewer": Sight.CALL,
    }


@pytest.mark.parametrize(
    ("scopes", "parts"),
    [
        (["calls:read"], set()),
        (["calls:read", "events:read"], {"event"}),
        (["calls:read", "deliveries:*"], {"delivery"}),
        (["calls:read", "exchanges:read"], {"exchange"}),
        (["*"], {"event", "delivery", "exchange"}),
    ],
)
def test_machines_see_what_their_scopes_open(tenant: Tenant, scopes: list[str], parts: set[str]) -> None:
    """What was said to a CRM, a subscriber's answer and the event log have scopes of their own."""
    call = make_call(tenant, "150", ANNAS)
    belongings = Belongings(tenant)
    exchange, delivery = belongings.of(Exchange), belongings.of(Delivery)
    told_of = Event._base_manager.get(tenant=tenant, key=str(call.pk))
    Exchange._base_manager.filter(pk=exchange.pk).update(
        correlation_id=call.pk, request_body="said to the CRM"
    )
    Delivery._base_manager.filter(pk=delivery.pk).update(event=told_of)
    key = Client(headers={"x-api-key": make_api_key(tenant, scopes)[1]})

    told = key.get(reverse("call-timeline", args=[call.pk]))

    found = {
        "event": '"event"' in text_of(told),
        "delivery": '"webhook"' in text_of(told),
        "exchange": "said to the CRM" in text_of(told),
    }
    assert told.status_code == 200
    assert {name for name, is_there in found.items() if is_there} == parts
    assert "call" in {entry["source"] for entry in told.json()}


def test_agents_export_nothing(tenant: Tenant, calls: dict[str, Call], agents: dict[str, Member]) -> None:
    client = signed_in(agents["150"])
    asked = {"dataset": "calls", "format": "csv"}

    assert client.post(reverse("export-list"), asked, content_type="application/json").status_code == 403
    assert client.get(reverse("admin:telephony_call_export")).status_code == 403
    with tenant_scope(tenant), pytest.raises(InvalidRequest):
        request_export(tenant, ExportRequest("calls", "csv"), member=agents["150"])

    assert not Export._base_manager.exists()


def test_rows_of_a_dataset_are_the_persons_own(
    tenant: Tenant, calls: dict[str, Call], agents: dict[str, Member]
) -> None:
    """A second wall, should a role with a narrow sight ever be let near exports."""
    dataset = get_dataset("calls")
    with tenant_scope(tenant):
        for number, member in agents.items():
            reader = Reader(dataset, ["client_number"], {}, tenant.zone, member)
            rows = [row for block in reader.blocks() for row in block]
            assert rows == [(calls[number].client_number,)]
        everything = Reader(dataset, ["client_number"], {}, tenant.zone)
        assert everything.queryset().count() == 2


def test_whoever_lost_the_role_meanwhile_gets_no_file(
    tenant: Tenant, calls: dict[str, Call], settings: Any, tmp_path: Any
) -> None:
    settings.EXPORT_DIR = tmp_path
    member = make_member(tenant, Role.MANAGER)
    with tenant_scope(tenant):
        export = request_export(tenant, ExportRequest("calls", "csv"), member=member)
    Member._base_manager.filter(pk=member.pk).update(role=Role.AGENT)

    drain(LANE)

    export = Export._base_manager.get(pk=export.pk)
    assert export.state == State.FAILED
    assert list(tmp_path.rglob("*.csv")) == []


def test_an_agent_without_a_number_sees_no_call(tenant: Tenant, calls: dict[str, Call]) -> None:
    client = signed_in(make_member(tenant, Role.AGENT))

    assert client.get(reverse("call-list")).json()["results"] == []
    assert ANNAS not in text_of(client.get(reverse("admin:telephony_call_changelist")))
