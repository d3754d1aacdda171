"""Connecting an account: consent, a day later, a refresh token that works once, and access that was taken back."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
import requests

from integrations.actions.connect_account import begin_authorization, finish_authorization, take_authorization
from integrations.actions.load_users import load_users
from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import CallNotifications
from integrations.connectors.amocrm.manifest import manifest
from integrations.connectors.amocrm.simulator import Simulator
from integrations.connectors.amocrm.simulator.oauth import Client
from integrations.http.oauth.asking import callback_url, with_base
from integrations.models import Exchange, Integration, OAuthToken
from integrations.sessions import open_session
from integrations.tests.factories import ringing
from tenants.errors import ConfigError
from tenants.tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT_ID, SECRET = "0aa0aaaa-0000-4000-8000-000000000000", "the-secret-key-of-the-integration"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limits_rate=False, client=Client(CLIENT_ID, SECRET, callback_url())).running() as running:
        yield running


@pytest.fixture
def integration(simulator, tenant) -> Integration:
    return create_integration(
        tenant,
        "amocrm",
        "amoCRM",
        settings={"url": simulator.url},
        credentials={"client_id": CLIENT_ID, "client_secret": SECRET},
    )


def consent(simulator, integration, **changes):
    """What the person's browser does: to amoCRM, and back to us."""
    user = make_user()
    url = begin_authorization(integration, user, "session-1")
    assert url.startswith(f"{simulator.url}/oauth?")
    back = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(callback_url())
    told = dict(parse_qsl(urlsplit(back).query)) | changes
    begun = take_authorization(told["state"], user, "session-1")
    assert begun is not None
    finish_authorization(begun, told)
    integration.refresh_from_db()


def ring(integration):
    with open_session(integration.pk) as session:
        session.require(CallNotifications).notify_ringing(ringing(users={"150": "501"}, call_id=uuid4()))


def test_connected_account_works_and_shows_no_token(simulator, integration):
    assert not diagnose(integration).works

    consent(simulator, integration)

    assert diagnose(integration).works
    assert load_users(integration) == 3
    token = OAuthToken.objects.get()
    assert token.refresh_expires_at is not None
    kept = str(list(Exchange.objects.values()))
    for secret in (token.access_token, token.refresh_token, SECRET):
        assert secret not in kept


def test_after_a_day_one_refresh_is_made_and_kept(simulator, integration):
    consent(simulator, integration)
    before = OAuthToken.objects.get().refresh_token
    simulator.oauth.expire_access()

    ring(integration)
    ring(integration)

    assert simulator.oauth.refreshes == 1
    assert len(simulator.account.popups) == 2
    assert OAuthToken.objects.get().refresh_token != before


def test_access_that_was_taken_back_is_said_and_not_asked_for_again(simulator, integration):
    consent(simulator, integration)
    simulator.oauth.revoke()

    for _time in range(2):
        with pytest.raises(ConfigError):
            ring(integration)

    asked = [one for one in simulator.requests if one.path == "/oauth2/access_token"]
    assert len(asked) == 2  # for the code, and once for the refresh
    integration.refresh_from_db()
    assert integration.health == "misconfigured"


def test_refusal_and_another_account_connect_nothing(simulator, integration):
    simulator.oauth.denies = True
    with pytest.raises(ConfigError, match="not allowed"):
        consent(simulator, integration)
    simulator.oauth.denies = False
    with pytest.raises(ConfigError, match=r"other\.amocrm\.ru"):
        consent(simulator, integration, referer="other.amocrm.ru")

    assert not OAuthToken.objects.exists()


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://example.amocrm.ru", "https://www.amocrm.ru/oauth"),
        ("https://example.kommo.com", "https://www.kommo.com/oauth"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090/oauth"),
        ("http://localhost:8090", "http://localhost:8090/oauth"),
    ],
)
def test_consent_is_asked_for_at_the_service_of_the_domain(base, expected):
    assert with_base(manifest.auth.authorize_url, base) == expected
