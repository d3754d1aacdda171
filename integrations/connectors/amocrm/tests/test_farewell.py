"""Somebody switches the integration off in amoCRM: the signed address, on the wire, and what is left of the connection."""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser

from integrations.actions.save_integration import create_integration
from integrations.actions.take_farewell import farewell_url
from integrations.capabilities import CallNotifications
from integrations.connectors.amocrm.simulator import Simulator
from integrations.connectors.amocrm.simulator.oauth import Client
from integrations.http.oauth.asking import callback_url
from integrations.models import Integration, OAuthToken
from integrations.sessions import open_session
from integrations.tests.door import handle_all
from integrations.tests.factories import ringing
from tenants.errors import AuthFailed
from tenants.scoping import all_tenants
from webhooks.models import Inbound

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT_ID, SECRET = "0aa0aaaa-0000-4000-8000-000000000000", "the-secret-key-of-the-integration"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limits_rate=False, client=Client(CLIENT_ID, SECRET, callback_url())).running() as running:
        yield running


@pytest.fixture
def integration(simulator, tenant) -> Integration:
    row = create_integration(
        tenant,
        "amocrm",
        "amoCRM",
        settings={"url": simulator.url},
        credentials={"client_id": CLIENT_ID, "client_secret": SECRET},
    )
    OAuthToken.objects.create(
        tenant=tenant, integration=row, access_token="access-token", refresh_token="refresh-token", version=1
    )
    return row


def test_switched_off_there_it_says_so_here_and_is_not_tried_any_more(
    simulator, integration, live_server, settings
):
    settings.PUBLIC_URL = live_server.url

    assert simulator.switch_off(farewell_url(integration)) == 200
    handle_all()

    integration.refresh_from_db()
    assert (integration.health, integration.health_code) == ("misconfigured", "revoked")
    assert "switched off in amoCRM" in integration.health_reason
    before = len(simulator.requests)
    with open_session(integration.pk) as session, pytest.raises(AuthFailed):
        session.require(CallNotifications).notify_ringing(ringing(users={"150": "501"}))
    assert len(simulator.requests) == before


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "é"},
        {"account_id": "291"},
        {"account_id": "290|1"},
        {"client_uuid": "1aa0aaaa-0000-4000-8000-000000000000"},
    ],
)
def test_wrong_signature_changes_nothing(simulator, integration, change):
    told = simulator.oauth.farewell(simulator.account.id) | change

    assert Browser().get(farewell_url(integration), told).status_code == 401

    assert Inbound.objects.count() == 0
    integration.refresh_from_db()
    assert integration.health != "misconfigured"


def test_without_a_secret_key_nothing_can_be_proved(simulator, integration):
    told = simulator.oauth.farewell(simulator.account.id)
    with all_tenants():
        Integration.objects.update(credentials={"access_token": "long-lived"})

    assert Browser().get(farewell_url(integration), told).status_code == 401


def test_unknown_address_is_404(integration, simulator):
    told = simulator.oauth.farewell(simulator.account.id)

    assert Browser().get("/integrations/disconnected/unknown", told).status_code == 404
    assert Browser().post(farewell_url(integration), told).status_code == 405
