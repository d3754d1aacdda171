"""Sign-in at another system, against a real provider on loopback."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config.openid import providers
from tenants.models import AuditEntry, User
from tenants.scoping import all_tenants
from tenants.signin.tests.doors import ADMIN, code_of, give_app, is_signed_in, text_of
from tenants.signin.tests.provider import CLIENT, FOREIGN_KEY, SECRET, Provider, running
from tenants.tests.factories import make_member, make_operator, make_tenant, make_user

pytestmark = pytest.mark.django_db
START = "/admin/sign-in/openid/"


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with running() as made:
        settings.SOCIALACCOUNT_PROVIDERS = providers(made.url, CLIENT, SECRET, "Company login")
        settings.EGRESS_ALLOW = ["127.0.0.0/8"]
        yield made


def person(email: str = "anna@example.com") -> User:
    return make_member(make_tenant(), user=make_user(email=email)).user


def anna(provider: Provider, **claims: Any) -> None:
    provider.claims = {"sub": "subject-1", "email": "anna@example.com", "email_verified": True, **claims}


def go_there(client: Client, target: str = ADMIN) -> str:
    """The callback's path, after the person agreed at the provider."""
    page = client.post(START, {"next": target}).content.decode()
    url = html.unescape(re.search(r'content="0;url=([^"]+)"', page)[1])
    answer = requests.get(url, allow_redirects=False, timeout=5)
    return answer.headers["Location"].removeprefix("http://testserver")


def come_back(client: Client, path: str) -> Any:
    return client.get(path)


def actions() -> list[str]:
    with all_tenants():
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_member_is_found_by_address_once_and_by_subject_then(client: Client, provider: Provider) -> None:
    user = person()
    anna(provider)
    assert "Sign in with Company login" in text_of(client.get("/admin/login/"))

    response = come_back(client, go_there(client, "/admin/tenants/extension/"))
    assert response.headers["Location"] == "/admin/tenants/extension/"
    assert is_signed_in(client)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert "openid.linked" in actions()

    # Their address may change there; it is still them.
    anna(provider, email="other@example.com")
    again = Client()
    come_back(again, go_there(again))
    assert again.session["_auth_user_id"] == str(user.pk)
    assert User.objects.count() == 1


def test_the_second_factor_is_asked_all_the_same(client: Client, provider: Provider) -> None:
    secret = give_app(person())
    anna(provider)

    come_back(client, go_there(client))

    assert not is_signed_in(client)
    client.post("/admin/security/two-factor/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.com"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
        {"email": "operator@example.com"},
        {"email": "twice@example.com"},
        {"email": "disabled@example.com"},
    ],
)
def test_nobody_is_created_and_only_one_verified_member_is_found(
    client: Client, provider: Provider, claims: dict[str, Any]
) -> None:
    person()
    make_operator(email="operator@example.com")
    person("twice@example.com")
    person("Twice@example.com")
    make_member(make_tenant(), user=make_user(email="disabled@example.com", is_active=False))
    before = User.objects.count()
    anna(provider, **claims)

    response = come_back(client, go_there(client))

    assert response.headers["Location"] == "/admin/login/"
    assert not is_signed_in(client)
    assert (User.objects.count(), SocialAccount.objects.count()) == (before, 0)
    assert "openid.refused" in actions()


def test_a_linked_person_is_not_taken_over_by_another_subject(client: Client, provider: Provider) -> None:
    person()
    anna(provider)
    come_back(client, go_there(client))

    anna(provider, sub="somebody else who got the address")
    thief = Client()
    come_back(thief, go_there(thief))

    assert not is_signed_in(thief)


def test_another_issuers_subject_is_another_person(client: Client, provider: Provider, settings) -> None:
    person()
    anna(provider)
    come_back(client, go_there(client))

    with running() as other:
        settings.SOCIALACCOUNT_PROVIDERS = providers(other.url, CLIENT, SECRET, "Other")
        anna(other, email="nobody@example.com")
        thief = Client()
        come_back(thief, go_there(thief))

    assert not is_signed_in(thief)


@pytest.mark.parametrize(
    ("bend", "sign"),
    [
        ({"aud": "another client"}, {}),
        ({"iss": "https://evil.example"}, {}),
        ({"exp": 1}, {}),
        ({"nonce": "another"}, {}),
        ({}, {"key": FOREIGN_KEY, "algorithm": "RS256"}),
        ({}, {"key": "", "algorithm": "none"}),
        ({}, {"key": SECRET * 3, "algorithm": "HS256"}),
    ],
    ids=["audience", "issuer", "expired", "nonce", "foreign key", "none", "HS256"],
)
def test_a_forged_token_is_refused(
    client: Client, provider: Provider, bend: dict[str, Any], sign: dict[str, Any]
) -> None:
    person()
    anna(provider)
    provider.bend = bend
    provider.sign |= sign

    response = come_back(client, go_there(client))

    assert response.headers["Location"] == "/admin/login/"
    assert not is_signed_in(client)
    assert SocialAccount.objects.count() == 0


def test_a_code_is_worth_nothing_in_another_browser(client: Client, provider: Provider) -> None:
    """Somebody sends their own callback link to a victim."""
    person()
    anna(provider)
    link = go_there(client)
    victim = Client()

    come_back(victim, link)

    assert not is_signed_in(victim)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_next_leads_nowhere_else(client: Client, provider: Provider, target: str) -> None:
    person()
    anna(provider)

    assert come_back(client, go_there(client, target)).headers["Location"] == ADMIN


def test_only_a_form_of_ours_begins(provider: Provider) -> None:
    browser = Client(enforce_csrf_checks=True)

    assert browser.get(START).status_code == 405
    assert browser.post(START).status_code == 403


def test_the_egress_policy_holds(client: Client, provider: Provider, settings) -> None:
    settings.EGRESS_ALLOW = []

    response = client.post(START)

    assert response.headers["Location"] == "/admin/login/"
    assert "The other system did not sign you in." in text_of(client.get("/admin/login/"))


@pytest.mark.parametrize(
    "discovery",
    [
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_an_odd_document_leads_nowhere(client: Client, provider: Provider, discovery: dict[str, Any]) -> None:
    provider.discovery = discovery

    assert client.post(START).headers["Location"] == "/admin/login/"


def test_redirects_of_their_documents_are_not_followed(client: Client, provider: Provider) -> None:
    provider.redirects = "http://169.254.169.254/latest/meta-data/"

    assert client.post(START).headers["Location"] == "/admin/login/"


def test_without_configuration_there_is_no_such_door(client: Client) -> None:
    assert client.post(START).status_code == 404
    assert client.get(f"{START}callback/?code=a&state=b").status_code == 404
    assert "openid" not in text_of(client.get("/admin/login/"))


def test_configuration_is_whole_and_safe_or_refused() -> None:
    assert providers("", "", "", "x") == {}
    for url, client_id, secret in (
        ("http://login.example.com", "a", "b"),
        ("https://login.example.com", "", "b"),
    ):
        with pytest.raises(ImproperlyConfigured):
            providers(url, client_id, secret, "x")
