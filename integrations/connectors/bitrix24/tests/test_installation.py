"""An application is installed there: everything that a connection takes comes by itself, and only from that portal."""

from urllib.parse import urlencode

import pytest
from django.core.cache import cache

from integrations.actions.hook_source import hook_url
from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.php import pairs
from integrations.connectors.bitrix24.tests.factories import CLIENT, grant, settings_for
from integrations.models import Integration, OAuthToken
from integrations.tests.door import Door, handle_all
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from webhooks.models import Inbound
from webhooks.tests.factories import make_inbound

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def portal(settings):
    cache.clear()
    tenant = make_tenant(language="en")
    with Simulator(limits_rate=False).running() as simulator, Door().running() as door, tenant_scope(tenant):
        settings.PUBLIC_URL = door.url
        row = create_integration(
            tenant, "bitrix24", "Bitrix24", settings=settings_for(simulator), credentials=CLIENT
        )
        yield simulator, row


def install(simulator, row):
    simulator.install(hook_url(row))
    assert simulator.wait_until(lambda: simulator.event_sender.sent)
    handle_all()


def texts():
    return [one["text"] for inbound in Inbound.objects.order_by("id") for one in inbound.outcomes or ()]


def told(row, fields, query=None):
    token = f"token={row.source.secret}" if query is None else query
    make_inbound(row.source, urlencode(pairs(fields)).encode(), headers=FORM, query=token)
    handle_all()


def test_installation_brings_tokens_and_is_looked_at_at_once(portal):
    simulator, row = portal

    install(simulator, row)

    assert [one.status for one in simulator.event_sender.sent] == [200]
    token = OAuthToken.objects.get(integration=row)
    assert token.extras["application_token"] == simulator.application_token
    assert token.extras["member_id"]
    found = diagnose(Integration.objects.get(pk=row.pk))
    assert found.works, found


def test_installation_of_another_portal_is_not_taken(portal):
    simulator, row = portal
    identity = simulator._identity() | simulator.oauth.issue() | {"domain": "other.example.com"}

    told(row, {"event": "ONAPPINSTALL", "auth": identity})

    assert not OAuthToken.objects.exists()
    assert "another account" in texts()[0]


def test_page_of_an_installation_is_taken_like_the_event(portal):
    simulator, row = portal
    tokens = simulator.oauth.issue()
    fields = {
        "AUTH_ID": tokens["access_token"],
        "REFRESH_ID": tokens["refresh_token"],
        "AUTH_EXPIRES": "3600",
        "member_id": tokens["member_id"],
        "DOMAIN": tokens["domain"],
        "APPLICATION_TOKEN": simulator.application_token,
    }

    told(row, fields)

    assert diagnose(Integration.objects.get(pk=row.pk)).works


def test_late_installation_does_not_replace_what_was_connected_since(portal):
    simulator, row = portal
    identity = simulator._identity() | simulator.oauth.issue()
    make_inbound(
        row.source,
        urlencode(pairs({"event": "ONAPPINSTALL", "auth": identity})).encode(),
        headers=FORM,
        query=f"token={row.source.secret}",
    )
    newer = grant(row, simulator).access_token

    handle_all()

    assert "connected anew" in texts()[0]
    assert OAuthToken.objects.get(integration=row).access_token == newer


def test_events_must_carry_the_token_of_the_installation(portal):
    simulator, row = portal
    install(simulator, row)

    told(row, {"event": "ONAPPUNINSTALL", "auth": {"application_token": "somebody-elses-token"}})
    row.refresh_from_db()
    assert row.health != "misconfigured"

    told(row, {"event": "ONAPPUNINSTALL", "auth": {"application_token": simulator.application_token}})
    row.refresh_from_db()
    assert (row.health, row.health_code) == ("misconfigured", "revoked")
    assert OAuthToken.objects.get(integration=row).refusal


def test_installation_without_our_own_address_is_refused(portal):
    simulator, row = portal
    identity = simulator._identity() | simulator.oauth.issue()

    told(row, {"event": "ONAPPINSTALL", "auth": identity}, query="")

    assert not OAuthToken.objects.exists()
