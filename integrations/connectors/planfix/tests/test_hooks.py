"""What Planfix sends to us, on the wire: clicks, its setting up, and the requests of automatic scenarios."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import receivers
from integrations.actions.hook_source import hook_url
from integrations.actions.save_integration import create_integration, update_integration
from integrations.capabilities import CallerLookup
from integrations.connectors.planfix.hooks import PlanfixHooks
from integrations.connectors.planfix.simulator import Simulator
from integrations.hooks import Changed, Clicked, Removed
from integrations.models import SyncPlan
from integrations.models.sync.plan import SyncDirection
from integrations.records import RecordKind
from integrations.sessions import open_session
from integrations.tests.door import Door, handle_all
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from webhooks.models import Inbound
from webhooks.presets import Arrival
from webhooks.presets.arrival import FORM, NotReadable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door(settings):
    with Door().running() as running:
        settings.PUBLIC_URL = running.url
        yield running


@pytest.fixture
def clicks(monkeypatch):
    found: list[Clicked] = []

    def call(hook: receivers.Hook, clicked: Clicked) -> str:
        found.append(clicked)
        return "called"

    monkeypatch.setattr(receivers, "_clicks", [call])
    return found


@pytest.fixture
def planfix(door):
    """Nothing is entered but the account's address."""
    tenant = make_tenant(language="en")
    with Simulator().running() as running, tenant_scope(tenant):
        row = create_integration(tenant, "planfix", "Planfix", settings={"url": running.url}, credentials={})
        running.outgoing.pbx_url = hook_url(row).partition("?")[0]
        running.outgoing.pbx_token = row.source.secret
        yield running, row


def outcomes():
    return [one["text"] for row in Inbound.objects.order_by("id") for one in row.outcomes or ()]


def test_switched_on_there_it_is_connected_here(planfix):
    simulator, row = planfix

    assert simulator.set_up() == 200
    handle_all()

    row.refresh_from_db()
    assert row.credentials["planfix_token"] == simulator.token
    with open_session(row.pk) as session:
        caller = session.require(CallerLookup).find_caller("+79001234567")
    assert (caller.name, caller.extension) == ("Петров Иван", "150")


def test_token_for_another_account_is_not_taken(planfix):
    simulator, row = planfix

    simulator.outgoing.set_up("somebody-elses-token", "http://127.0.0.1:9/tel/api")
    handle_all()

    row.refresh_from_db()
    assert row.credentials == {}
    assert "another account" in outcomes()[0]


def test_each_click_is_a_call_of_its_own_and_answered_empty(planfix, clicks):
    simulator, _row = planfix

    sent = [simulator.outgoing.make_call("150", "375291234567") for _number in range(2)]
    handle_all()

    assert [(one.status, one.body) for one in sent] == [(200, b""), (200, b"")]
    assert clicks == [Clicked(phone="375291234567", extension="150")] * 2


def test_stranger_is_refused_as_planfix_wants_it_and_nothing_is_kept(planfix, clicks):
    simulator, _row = planfix
    simulator.outgoing.pbx_token = "a-wrong-token-0123456789"

    sent = simulator.outgoing.make_call("150", "375291234567")

    assert (sent.status, sent.body) == (401, b'{"error":"Invalid token"}')
    assert (Inbound.objects.count(), clicks) == (0, [])


def test_scenario_tells_of_an_object_that_is_read_again(planfix):
    simulator, row = planfix

    update_integration(row, credentials={"rest_token": simulator.rest_token})
    SyncPlan.objects.create(
        tenant=row.tenant, integration=row, kind=RecordKind.CONTACT, direction=SyncDirection.IMPORT
    )

    sent = simulator.outgoing.scenario(hook_url(row), {"object": "contact", "id": 1})
    handle_all()

    assert sent.status == 200
    [inbound] = Inbound.objects.all()
    assert (inbound.event_type, inbound.handling) == ("contact", "done")
    assert simulator.requests[-1].path == "/rest/contact/1"


def parsed(body: bytes, content_type: str = "application/json"):
    return PlanfixHooks().parse(Arrival({"content-type": content_type}, "", body), {})


@pytest.mark.parametrize(
    ("body", "happening"),
    [
        (b'{"object": "contact", "id": 7}', Changed(RecordKind.CONTACT, "7")),
        (b'{"object": "Company", "id": "8"}', Changed(RecordKind.COMPANY, "8")),
        (b'{"object": "task", "id": "991", "event": "changed"}', Changed(RecordKind.DEAL, "991")),
        (b'{"object": "deal", "id": "991", "event": "deleted"}', Removed(RecordKind.DEAL, "991")),
    ],
)
def test_scenarios_name_the_object_and_nothing_else(body, happening):
    assert parsed(body) == (happening,)


def test_commands_of_another_version_are_no_failure():
    assert parsed(b"cmd=transfer&from=1&to=2", FORM) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"cmd=makeCall&from=150",
        b"cmd=makeCall&from=150%26&to=375291234567",
        b"cmd=makeCall&from=150&to=1%2C2",
        b"cmd=makeCall&from=150&to=1&to=2",
        b"cmd=setup&planfix_url=https%3A%2F%2Fexample.planfix.ru",
        b"cmd=setup&planfix_token=x&planfix_url=file%3A%2F%2F%2Fetc",
        b"cmd=setup&planfix_token=x&planfix_url=https%3A%2F%2F%5B",
    ],
)
def test_illegal_commands_are_said_to_be_that(body):
    with pytest.raises(NotReadable):
        parsed(body, FORM)


@given(st.binary(max_size=200), st.sampled_from([FORM, "application/json", ""]))
def test_any_bytes_are_read_or_refused(body, content_type):
    with suppress(NotReadable):
        parsed(body, content_type)
