"""From the button to the outside system and back, once, for one person in one session."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import live
from integrations.actions.save_integration import update_integration
from integrations.actions.test_connection import diagnose, diagnose_draft
from integrations.connectors import get as get_connector
from integrations.http.auth import Grant, OAuth2
from integrations.models import Authorization, Exchange, Integration, OAuthToken
from integrations.sessions import open_session
from integrations.tests.ledger.server import CLIENT_ID, CLIENT_SECRET
from integrations.tests.ledger.system import ME
from tenants.errors import AuthFailed, ConfigError
from tenants.models import AuditEntry
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(integration):
    return signed_in(integration.tenant)


def signed_in(tenant, role="admin"):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def press(client: Client, row: Integration, name: str = "connect") -> Any:
    return client.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk]))


def allow(url: str) -> str:
    """Sign in there and press Allow: where the browser is sent."""
    answer = requests.get(url, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(client: Client, url: str) -> Any:
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", follow=True)


def page_of(client: Client, row: Integration) -> str:
    return client.get(reverse("admin:integrations_integration_change", args=[row.pk])).content.decode()


def test_whole_way(client, integration, server):
    before = page_of(client, integration)
    assert "not connected" in before
    assert "http://testserver/integrations/oauth/callback" in before

    leave = press(client, integration)
    url = leave.context["url"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert asked["scope"] == "read write"
    assert asked["code_challenge_method"] == "S256"
    after = come_back(client, allow(url))

    assert "The account is connected." in after.content.decode()
    assert "Yes." in after.content.decode()
    token = OAuthToken.objects.get()
    assert token.access_token in server.access
    assert token.version == 1
    assert [request.path for request in server.requests] == ["/authorize", "/token", "/api/me"]
    integration.refresh_from_db()
    assert integration.health == "ok"
    with all_tenants():
        verbs = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert [verb for verb in verbs if verb.startswith("integration.conn")] == [
        "integration.connecting",
        "integration.connected",
    ]


def test_code_verifier_and_secret_are_kept_nowhere(client, integration, server):
    back = allow(press(client, integration).context["url"])
    come_back(client, back)

    verifier = Authorization.objects.get().pkce_secret
    code = parse_qs(urlsplit(back).query)["code"][0]
    kept = str(list(Exchange.objects.values()))
    assert '"grant_type"' in kept or "grant_type=authorization_code" in kept
    assert [one for one in (verifier, code, CLIENT_SECRET, *server.issued) if one in kept] == []


def test_state_works_once(client, integration, server):
    back = allow(press(client, integration).context["url"])
    come_back(client, back)

    again = come_back(client, back)

    assert again.status_code == 400
    assert len(server.asked_for("authorization_code")) == 1


@pytest.mark.parametrize("who", ["another session", "another person", "too late", "wrong state", "nobody"])
def test_way_back_is_for_whoever_left_in_time(client, integration, server, who):
    back = allow(press(client, integration).context["url"])
    if who == "another session":
        user = Authorization.objects.get().user
        client = Client()
        client.force_login(user)
    elif who == "another person":
        client = signed_in(integration.tenant, "owner")
    elif who == "too late":
        Authorization.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif who == "wrong state":
        back = back.replace("state=", "state=x")
    else:
        client = Client()

    answer = come_back(client, back)

    assert answer.status_code == (200 if who == "nobody" else 400)
    assert server.asked_for("authorization_code") == []
    assert not OAuthToken.objects.exists()
    assert who == "too late" or Authorization.objects.get().used_at is None


def test_another_companys_integration_is_neither_left_for_nor_come_back_to(client, integration, server):
    stranger = signed_in(make_tenant())
    assert press(stranger, integration).status_code == 404

    back = allow(press(client, integration).context["url"])

    assert come_back(stranger, back).status_code == 400
    assert not OAuthToken.objects.exists()


def test_person_who_lost_the_role_meanwhile_connects_nothing(client, integration, server):
    from tenants.models import Member

    back = allow(press(client, integration).context["url"])
    Member.objects.update(role="manager")

    assert come_back(client, back).status_code in (400, 403)
    assert not OAuthToken.objects.exists()


def test_managers_look_and_do_not_connect(integration):
    manager = signed_in(integration.tenant, "manager")

    assert press(manager, integration).status_code == 403
    assert "not connected" in page_of(manager, integration)


def test_denied_there_is_said_here(client, integration, server):
    url = press(client, integration).context["url"]
    state = parse_qs(urlsplit(url).query)["state"][0]

    answer = come_back(client, "http://testserver/integrations/oauth/callback?" + urlencode({"error": "access_denied", "state": state}))  # fmt: skip

    assert "access was not allowed there" in answer.content.decode()
    assert server.requests == []


def test_hostile_words_of_the_callback_are_shown_as_text(client, integration, server):
    url = press(client, integration).context["url"]
    state = parse_qs(urlsplit(url).query)["state"][0]
    told = {"error": "x", "error_description": "<script>alert(1)</script>", "state": state}

    answer = come_back(client, "http://testserver/integrations/oauth/callback?" + urlencode(told))

    assert "<script>alert(1)" not in answer.content.decode()
    assert "&lt;script&gt;alert(1)" in answer.content.decode()


def test_echoed_secret_is_not_shown(client, integration, server):
    from tenants.simulation import Reply

    back = allow(press(client, integration).context["url"])
    server.respond = lambda request: Reply.json(
        {
            "error": "invalid_client",
            "error_description": f"bad\x00 {request.form['client_secret']} {request.form['code']}",
        },
        401,
    )

    answer = come_back(client, back)

    code = parse_qs(urlsplit(back).query)["code"][0]
    shown = answer.content.decode() + str(list(Exchange.objects.values()))
    assert "invalid_client bad" in shown
    assert CLIENT_SECRET not in shown
    assert code not in shown


def test_server_that_is_down_during_the_exchange_is_said(client, integration, server):
    back = allow(press(client, integration).context["url"])
    server.fail("503", path="/token")

    answer = come_back(client, back)

    assert "not available at the moment" in answer.content.decode()
    assert not OAuthToken.objects.exists()


def test_verifier_is_checked_by_the_server(client, integration, server):
    back = allow(press(client, integration).context["url"])
    Authorization.objects.update(pkce_secret="forged-forged-forged-forged-forged-forged-forged")

    answer = come_back(client, back)

    assert "invalid_grant PKCE" in answer.content.decode()
    assert not OAuthToken.objects.exists()


def test_disconnect_forgets_the_tokens(client, connected, server):
    answer = press(client, connected, "disconnect")

    assert answer.status_code == 302
    assert not OAuthToken.objects.exists()
    assert "not connected" in page_of(client, connected)
    with open_session(connected.pk) as session, pytest.raises(ConfigError, match="not connected"):
        session.http.call(ME)


def test_refused_renewal_shows_on_the_page_and_connecting_mends_it(client, connected, server):
    server.revoke()
    with open_session(connected.pk) as session, pytest.raises(AuthFailed):
        session.http.call(ME)
    shown = page_of(client, connected)
    assert "access ended" in shown
    assert "Token has been revoked" in shown

    come_back(client, allow(press(client, connected).context["url"]))

    connected.refresh_from_db()
    assert connected.health == "ok"
    assert OAuthToken.objects.get().refusal == ""


def test_another_address_or_application_forgets_the_tokens(connected):
    update_integration(connected, credentials={"client_secret": "a-new-secret"})
    assert OAuthToken.objects.count() == 1

    update_integration(connected, credentials={"client_id": "another-application"})

    assert not OAuthToken.objects.exists()


def test_what_the_callback_brings_reaches_the_connector(client, integration, server, install):
    def read(told, settings):
        if told["account"] != "main-books":
            raise ConfigError("another account")
        return {"account": told["account"], "home": f"{settings['url']}/api/"}

    install(
        OAuth2(
            authorize_url="{base}/authorize",
            token_url="{base}/token",
            read_callback=read,
            base_url_from="home",
        )
    )

    come_back(client, allow(press(client, integration).context["url"]))

    with open_session(integration.pk) as session:
        assert session.http.kept == {"account": "main-books", "home": f"{server.url}/api"}
        assert session.http.base_url == f"{server.url}/api"


def test_callback_of_another_account_is_refused_by_the_connector(client, integration, server, install):
    def read(told, settings):
        raise ConfigError("You allowed access to another account.")

    install(OAuth2(authorize_url="{base}/authorize", token_url="{base}/token", read_callback=read))

    answer = come_back(client, allow(press(client, integration).context["url"]))

    assert "You allowed access to another account." in answer.content.decode()
    assert server.asked_for("authorization_code") == []


@pytest.mark.parametrize(
    "how",
    [
        {"is_token_asked_by_get": True},
        {"is_token_asked_in_json": True},
        {"is_client_in_header": True},
        {"uses_pkce": False},
    ],
)
def test_ways_in_which_systems_want_to_be_asked(client, integration, server, install, how):
    install(OAuth2(authorize_url="{base}/authorize", token_url="{base}/token", **how))
    come_back(client, allow(press(client, integration).context["url"]))
    server.expire()

    with open_session(integration.pk) as session:
        assert session.http.call(ME).status == 200

    shown = str(list(Exchange.objects.values()))
    assert [one for one in (CLIENT_SECRET, *server.issued) if one in shown] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token_in_a_field(connected, server, install, method):
    install(OAuth2(authorize_url="{base}/authorize", token_url="{base}/token", parameter="auth"))
    live.forget_all()
    from integrations.http.messages import Request

    form = {"a": "1"} if method == "POST" else None
    with open_session(connected.pk) as session:
        session.http.call(Request(method=method, path="/api/me", operation="me", form=form))

    [request] = server.requests
    assert request.header("authorization") == ""
    assert (request.form if form else request.query)["auth"] == "first-access-token"
    assert "first-access-token" not in str(list(Exchange.objects.values()))


def test_long_lived_token_is_used_as_it_is(integration, server, install):
    install(OAuth2(authorize_url="{base}/authorize", token_url="{base}/token", fixed_token="long_lived"))
    server.access.add("entered-by-hand")
    update_integration(integration, credentials={"long_lived": "entered-by-hand"})

    assert diagnose(integration).works
    server.expire()
    assert not diagnose(integration).works
    assert [request.path for request in server.requests] == ["/api/me", "/api/me"]


class TestClientCredentials:
    @pytest.fixture(autouse=True)
    def _installed(self, install):
        install(OAuth2(token_url="{base}/token", grant=Grant.CLIENT_CREDENTIALS))

    def test_token_comes_by_itself_and_is_renewed(self, integration, server):
        for _ in range(2):
            with open_session(integration.pk) as session:
                session.http.call(ME)
        server.expire()
        with open_session(integration.pk) as session:
            session.http.call(ME)

        assert len(server.asked_for("client_credentials")) == 2
        assert OAuthToken.objects.get().version == 2

    def test_wrong_secret_is_said_once_and_a_right_one_mends_it(self, integration, server):
        update_integration(integration, credentials={"client_secret": "wrong"})
        for _ in range(4):
            with open_session(integration.pk) as session, pytest.raises(AuthFailed, match="client secret"):
                session.http.call(ME)
        assert len(server.requests) == 1

        update_integration(integration, credentials={"client_secret": CLIENT_SECRET})

        assert diagnose(integration).works

    def test_values_can_be_tried_before_they_are_saved(self, integration, server):
        with tenant_scope(integration.tenant):
            found = diagnose_draft(
                integration.tenant,
                get_connector("ledger"),
                {"url": server.url},
                {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
            )

        assert found.works
        assert not OAuthToken.objects.exists()
        assert not Exchange.objects.exists()


def test_draft_of_an_account_to_connect_says_what_to_do(integration, server):
    found = diagnose_draft(integration.tenant, get_connector("ledger"), {"url": server.url}, {})

    assert not found.works
    assert "press Connect" in str(found.checks[0].text)


def test_end_of_the_access_is_told_to_health_and_moves_with_each_renewal(
    client, integration, server, install
):
    install(OAuth2(authorize_url="{base}/authorize", token_url="{base}/token", refresh_days=10))
    come_back(client, allow(press(client, integration).context["url"]))
    integration.refresh_from_db()
    first = integration.credentials_expire_at
    assert timedelta(days=9) < first - timezone.now() < timedelta(days=11)

    server.expire()
    with open_session(integration.pk) as session:
        session.http.call(ME)
    integration.refresh_from_db()
    assert integration.credentials_expire_at > first

    press(client, integration, "disconnect")
    integration.refresh_from_db()
    assert integration.credentials_expire_at is None
