"""Trusted systems: a secret is traded for tokens that live for an hour, and nothing else of OAuth2 exists."""

import base64
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tenants import keys
from tenants.actions.renew_secret import create_application, renew_secret
from tenants.api import strangers
from tenants.models import AuditEntry, OAuthApplication
from tenants.models.api_key import digest
from tenants.scoping import tenant_scope
from tenants.tasks import forget
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

AccessToken = get_access_token_model()
ME = "/api/v1/me"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def system():
    return make_system()


def make_system(scopes=("events:read", "endpoints:*"), **values):
    tenant = make_tenant()
    application = OAuthApplication(tenant=tenant, name="ERP", scopes=list(scopes), **values)
    with tenant_scope(tenant):
        secret = create_application(application)
    return SimpleNamespace(tenant=tenant, application=application, secret=secret)


def basic(system, secret=None) -> dict[str, str]:
    text = f"{system.application.client_id}:{secret or system.secret}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def ask(system, address="203.0.113.7", headers=None, **form):
    body = {"grant_type": "client_credentials", **form}
    headers = basic(system) if headers is None else headers
    return Client(REMOTE_ADDR=address).post("/oauth/token", body, headers=headers)


def token_of(system, **form) -> str:
    answer = ask(system, **form)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


# The test client's form is multipart; machines send it urlencoded.
@pytest.fixture(autouse=True)
def _urlencoded(monkeypatch):
    from urllib.parse import urlencode

    original = Client.post

    def post(self, path, data=None, content_type=None, **options):
        body = data if isinstance(data, bytes) else urlencode(data or {}).encode()
        return original(self, path, body, content_type=content_type or FORM, **options)

    monkeypatch.setattr(Client, "post", post)


def call(token, path=ME, address="203.0.113.7"):
    return Client(REMOTE_ADDR=address).get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_token_opens_the_api_with_the_applications_scopes(system):
    answer = ask(system)

    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert (
        answer.headers["Cache-Control"].startswith("no-store")
        or "no-store" in answer.headers["Cache-Control"]
    )
    me = call(body["access_token"]).json()
    assert me["tenant"] == system.tenant.number
    assert me["scopes"] == ["endpoints:read", "endpoints:write", "events:read"]
    assert call(body["access_token"], "/api/v1/events").status_code == 200
    assert call(body["access_token"], "/api/v1/calls").json()["code"] == "scope_missing"


def test_the_secret_may_stand_in_the_body(system):
    form = {"client_id": system.application.client_id, "client_secret": system.secret}

    assert ask(system, headers={}, **form).status_code == 200


def test_a_token_may_do_less_than_the_application(system):
    token = token_of(system, scope="events:read")

    assert call(token).json()["scopes"] == ["events:read"]
    assert call(token, "/api/v1/endpoints").status_code == 403


@pytest.mark.parametrize("scope", ["*", "calls:read", "events:write", "nothing", "events:read *"])
def test_a_token_may_not_do_more(system, scope):
    answer = ask(system, scope=scope)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "authorization_code",
        "refresh_token",
        "implicit",
        "",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
)
def test_there_is_no_other_grant(system, grant):
    answer = ask(system, grant_type=grant, username="x", password="y", code="z", refresh_token="r")

    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")
    assert not AccessToken.objects.exists()


def test_there_is_no_other_page():
    for name in ("authorize", "register", "list", "device-authorization", "introspect", "revoke-token"):
        with pytest.raises(NoReverseMatch):
            reverse(f"oauth2_provider:{name}")
    shown = {
        model._meta.label for model in admin.site._registry if model._meta.app_label == "oauth2_provider"
    }
    assert not shown


def test_nothing_usable_is_stored(system):
    token = token_of(system)

    stored = json.dumps(
        [*AccessToken.objects.values(), *OAuthApplication._base_manager.values()], default=str
    )
    for secret in (token, system.secret):
        assert secret not in stored
        assert secret.partition("_")[2] not in stored
    assert AccessToken.objects.get().token_checksum == digest(token)
    assert token not in json.dumps(list(AuditEntry._base_manager.values()), default=str)


def test_everything_is_on_record(system):
    token = token_of(system)
    with tenant_scope(system.tenant):
        renew_secret(system.application)

    assert call(token).status_code == 401
    actions = list(AuditEntry._base_manager.order_by("id").values_list("action", flat=True))
    assert actions == [
        "oauthapplication.created",
        "oauthapplication.token_given",
        "oauthapplication.secret_renewed",
    ]
    given = AuditEntry._base_manager.get(action="oauthapplication.token_given")
    assert (given.tenant, given.address, given.actor_kind) == (system.tenant, "203.0.113.7", "key")


def test_a_token_given_back_is_refused_at_once(system):
    token = token_of(system)
    assert call(token).status_code == 200

    answer = Client().post("/oauth/revoke", {"token": token}, headers=basic(system))

    assert answer.status_code == 200
    assert call(token).status_code == 401


def test_nobody_gives_back_the_token_of_another(system):
    other, token = make_system(), token_of(system)

    answer = Client().post("/oauth/revoke", {"token": token}, headers=basic(other))

    assert answer.status_code == 200, "the answer must not tell whether the token exists"
    assert call(token).status_code == 200


def test_a_remembered_token_ends_with_its_time(system):
    token = token_of(system)
    assert call(token).status_code == 200

    keys._memory.peek(digest(token)).presented_until = timezone.now()

    assert "expired" in call(token).json()["detail"]


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(seconds=1)}]
)
def test_an_application_that_has_ended_gets_and_uses_no_token(system, change):
    token = token_of(system)
    OAuthApplication._base_manager.update(**change)
    keys.forget_keys()

    assert call(token).status_code == 401
    assert ask(system).status_code == 401


def test_what_is_taken_from_the_application_is_taken_from_its_tokens(system):
    token = token_of(system)
    OAuthApplication._base_manager.update(scopes=["events:read"])
    keys.forget_keys()

    assert call(token).json()["scopes"] == ["events:read"]


def test_an_application_works_from_its_addresses_only():
    system = make_system(allowed_networks=["203.0.113.0/24"])
    token = token_of(system)

    assert call(token, address="198.51.100.1").status_code == 403
    assert ask(system, address="198.51.100.1").status_code == 403


def test_guessing_secrets_is_stopped_by_address(system):
    answers = [
        ask(system, headers=basic(system, f"sbcs_{number}")) for number in range(strangers.GUESSES.count + 1)
    ]

    assert [answer.status_code for answer in answers[:-1]] == [401] * strangers.GUESSES.count
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert ask(system).status_code == 429, "a right guess after too many wrong ones must not count"
    assert ask(system, address="203.0.113.99").status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 415),
        (b"grant_type=client_credentials", "application/json", 415),
        (b"grant_type=client_credentials&grant_type=password", FORM, 400),
        (b"grant_type=client_credentials&client_id=%00&client_secret=x", FORM, 400),
        (b"grant_type=client_credentials&client_id=\xff\xfe&client_secret=\xff", FORM, 401),
        (b"grant_type=client_credentials&client_id=" + b"x" * 5000, FORM, 401),
        (b"x=" + b"y" * 20_000, FORM, 413),
    ],
)
def test_hostile_bodies(body, content_type, status):
    answer = Client().post("/oauth/token", body, content_type=content_type)

    assert answer.status_code == status, answer.content
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic ////", "Basic eA==", "Bearer x", "Basic " + "A" * 9000]
)
def test_hostile_headers(system, header):
    assert ask(system, headers={"Authorization": header}).status_code in (400, 401)


def test_only_post():
    assert Client().get("/oauth/token").status_code == 405


def test_expired_tokens_are_removed(system):
    token_of(system)
    kept = token_of(system)
    AccessToken.objects.exclude(token_checksum=digest(kept)).update(
        expires=timezone.now() - timedelta(seconds=1)
    )

    forget()

    assert AccessToken.objects.get().token_checksum == digest(kept)


def test_a_token_costs_one_query_and_then_none(system, django_assert_num_queries):
    token = token_of(system)

    with django_assert_num_queries(1):
        assert call(token).status_code == 200
    with django_assert_num_queries(0):
        assert call(token).status_code == 200


def test_a_token_in_x_api_key_or_the_address_is_none(system):
    token = token_of(system)

    assert Client().get(f"{ME}?access_token={token}").status_code == 401
