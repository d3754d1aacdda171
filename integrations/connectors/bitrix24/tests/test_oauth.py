"""Access to a portal by OAuth, as the portal does it: a code of 30 seconds, an hour of access, a refresh that works once."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.core.cache import cache
from django.db import connections

from integrations import live
from integrations.actions.connect_account import finish_authorization
from integrations.actions.save_integration import create_integration
from integrations.capabilities import Account, CallNotifications
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.tests.factories import CLIENT, make_application, settings_for
from integrations.models import Exchange, OAuthToken
from integrations.models.token import Authorization
from integrations.sessions import open_session
from integrations.tests.factories import ringing
from tenants.errors import AuthFailed, ConfigError, HubError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "https://hub.example.com/integrations/oauth/callback"


@pytest.fixture
def simulator():
    cache.clear()
    with Simulator(limits_rate=False).running() as running:
        running.oauth.redirect_uri = CALLBACK
        yield running


@pytest.fixture
def tenant():
    made = make_tenant()
    with tenant_scope(made):
        yield made


def new(tenant, simulator):
    return create_integration(
        tenant, "bitrix24", "Bitrix24", settings=settings_for(simulator), credentials=CLIENT
    )


def allowed(simulator, state="s"):
    """What the portal adds to our callback when somebody has allowed it."""
    answer = requests.get(
        f"{simulator.url}/oauth/authorize/",
        params={"client_id": CLIENT["client_id"], "state": state},
        allow_redirects=False,
        timeout=5,
    )
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def users(row):
    with open_session(row.pk, seconds=10) as session:
        return list(session.require(Account).list_users())


def test_code_becomes_access_and_what_identifies_the_portal_is_kept(tenant, simulator):
    row = new(tenant, simulator)
    told = allowed(simulator)

    finish_authorization(Authorization(integration=row, tenant=tenant), told)

    token = OAuthToken.objects.get()
    assert token.extras["member_id"] == simulator.oauth.member_id
    assert token.extras["user_id"] == "1"
    assert len(users(row)) == 4
    [asked] = [one for one in simulator.requests if one.path == "/oauth/token/"]
    assert (asked.method, asked.query["grant_type"]) == ("GET", "authorization_code")
    kept = str(list(Exchange.objects.values()))
    assert all(one not in kept for one in (token.access_token, token.refresh_token, told["code"]))
    assert CLIENT["client_secret"] not in kept


def test_code_that_is_too_old_and_the_permission_of_another_portal_connect_nothing(tenant, simulator):
    row = new(tenant, simulator)
    told = allowed(simulator)

    with pytest.raises(ConfigError, match="another portal"):
        finish_authorization(
            Authorization(integration=row, tenant=tenant), told | {"domain": "evil.example.com"}
        )
    simulator.portal.advance(31)
    with pytest.raises(HubError):
        finish_authorization(Authorization(integration=row, tenant=tenant), told)

    assert not OAuthToken.objects.exists()


def test_expired_access_is_renewed_and_the_call_goes_again(tenant, simulator):
    row = make_application(tenant, simulator)
    before = OAuthToken.objects.get()
    simulator.portal.advance(3601)  # we do not know yet

    with open_session(row.pk, seconds=10) as session:
        session.require(CallNotifications).notify_ringing(ringing(users={"150": "1"}))

    after = OAuthToken.objects.get()
    assert len(simulator.calls) == 1
    assert simulator.oauth.refreshes == 1
    assert before.refresh_token != after.refresh_token
    assert [one.status for one in simulator.requests] == [401, 200, 200]


def test_many_at_once_renew_it_once(tenant, simulator):
    row = make_application(tenant, simulator)
    simulator.portal.advance(3601)

    def work(_number):
        try:
            with tenant_scope(tenant):
                return len(users(row))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [4] * 4

    assert simulator.oauth.refreshes == 1


@pytest.mark.parametrize("reason", ["invalid_grant", "PAYMENT_REQUIRED"])
def test_refused_renewal_asks_for_a_person_and_is_not_tried_again(tenant, simulator, reason):
    row = make_application(tenant, simulator)
    simulator.portal.advance(3601)
    simulator.oauth.refusal = reason

    for _try in range(3):
        with pytest.raises(AuthFailed):
            users(row)
        live.forget(row.tenant_id)

    row.refresh_from_db()
    assert row.health == "misconfigured"
    assert len([one for one in simulator.requests if one.path == "/oauth/token/"]) == 1


def test_other_refusals_renew_nothing(tenant, simulator):
    row = make_application(tenant, simulator)
    OAuthToken.objects.update(access_token="nobodys-token")
    live.forget(row.tenant_id)

    with pytest.raises(AuthFailed):
        users(row)

    assert simulator.oauth.refreshes == 0
