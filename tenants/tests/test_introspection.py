"""Introspection: a company's trusted systems ask what their company's tokens are worth, and learn nothing of others'."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tenants import keys
from tenants.actions.renew_secret import create_application, renew_secret
from tenants.api import strangers
from tenants.models import AuditEntry, OAuthApplication, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key
from tenants.tests.test_oauth import (
    _urlencoded,  # noqa: F401 a fixture
    basic,
    make_system,
    token_of,
)

pytestmark = pytest.mark.django_db

NOTHING = {"active": False}


def introspect(asking: Any, token: str, address: str = "203.0.113.7", **options: Any) -> Any:
    options.setdefault("headers", basic(asking))
    return Client(REMOTE_ADDR=address).post("/oauth/introspect", {"token": token}, **options)


@pytest.fixture
def system() -> Any:
    return make_system()


def test_a_live_token(system: Any) -> None:
    token = token_of(system, scope="events:read")

    answer = introspect(system, token)

    stored = get_access_token_model().objects.get()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.json() == {
        "active": True,
        "scope": "events:read",
        "client_id": system.application.client_id,
        "sub": system.application.client_id,
        "token_type": "Bearer",
        "exp": int(stored.expires.timestamp()),
    }


def test_another_system_of_the_company_may_ask(system: Any) -> None:
    token = token_of(system)
    neighbour = OAuthApplication(tenant=system.tenant, name="Shop", scopes=["calls:read"])
    with tenant_scope(system.tenant):
        secret = create_application(neighbour)
    form = {"client_id": neighbour.client_id, "client_secret": secret, "token": token}

    answer = Client().post("/oauth/introspect", form)

    assert answer.json()["client_id"] == system.application.client_id


def test_another_companys_token_is_answered_like_one_that_never_was(system: Any) -> None:
    stranger, token = make_system(), token_of(system)
    assert introspect(system, token).json()["active"] is True  # and so it is remembered

    answers = [introspect(stranger, one) for one in (token, "sbt_never", "", "sbt_" + "x" * 5000)]

    assert [answer.json() for answer in answers if answer.status_code == 200] == [NOTHING] * 3
    assert answers[2].status_code == 400  # no token at all
    assert answers[0].content == answers[1].content


def test_an_api_key_is_no_token(system: Any) -> None:
    _key, plain = make_api_key(system.tenant)
    assert Client().get("/api/v1/me", headers={"X-API-Key": plain}).status_code == 200  # remembered

    assert introspect(system, plain).json() == NOTHING


def _expires(system: Any) -> None:
    get_access_token_model().objects.update(expires=timezone.now() - timedelta(seconds=1))


def _is_given_back(system: Any) -> None:
    Client().post("/oauth/revoke", {"token": system.token}, headers=basic(system))


def _gets_another_secret(system: Any) -> None:
    with tenant_scope(system.tenant):
        system.secret = renew_secret(system.application)


@pytest.mark.parametrize("what", [_expires, _is_given_back, _gets_another_secret])
def test_a_token_that_is_over(system: Any, what: Any) -> None:
    system.token = token_of(system)
    assert introspect(system, system.token).json()["active"] is True

    what(system)
    keys.forget_keys()

    assert introspect(system, system.token).json() == NOTHING


def test_the_token_of_an_application_that_is_switched_off(system: Any) -> None:
    token = token_of(system)
    neighbour = OAuthApplication(tenant=system.tenant, name="Shop", scopes=["calls:read"])
    with tenant_scope(system.tenant):
        secret = create_application(neighbour)
    OAuthApplication._base_manager.filter(pk=system.application.pk).update(is_active=False)
    keys.forget_keys()
    form = {"client_id": neighbour.client_id, "client_secret": secret, "token": token}

    assert Client().post("/oauth/introspect", form).json() == NOTHING
    assert introspect(system, token).status_code == 401


def test_scopes_that_were_taken_away_are_not_told(system: Any) -> None:
    token = token_of(system)
    OAuthApplication._base_manager.update(scopes=["events:read"])
    keys.forget_keys()

    assert introspect(system, token).json()["scope"] == "events:read"


def test_a_token_is_no_proof_of_who_asks(system: Any) -> None:
    token = token_of(system)

    for headers in ({"Authorization": f"Bearer {token}"}, {}, {"X-API-Key": make_api_key(system.tenant)[1]}):
        answer = introspect(system, token, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert "WWW-Authenticate" in answer.headers


def test_only_post_and_only_from_the_clients_addresses() -> None:
    system = make_system(allowed_networks=["203.0.113.0/24"])
    token = token_of(system)

    assert Client().get("/oauth/introspect", {"token": token}, headers=basic(system)).status_code == 405
    assert introspect(system, token, address="198.51.100.1").status_code == 403


def test_guessing_secrets_is_stopped_by_address(system: Any) -> None:
    count = strangers.GUESSES.count
    for number in range(count):
        assert introspect(system, "x", headers=basic(system, f"sbcs_{number}")).status_code == 401

    assert introspect(system, "x").status_code == 429


def test_asking_leaves_no_entry(system: Any) -> None:
    token = token_of(system)
    before = AuditEntry._base_manager.count()

    introspect(system, token)

    assert AuditEntry._base_manager.count() == before


def test_a_company_that_is_switched_off_learns_nothing(system: Any) -> None:
    token = token_of(system)
    Tenant.objects.filter(pk=system.tenant.pk).update(is_active=False)
    keys.forget_keys()

    assert introspect(system, token).status_code == 401
