"""The admin's pages of keys and trusted systems."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tenants.models import ApiKey, AuditEntry, OAuthApplication
from tenants.scopes import known_scopes
from tenants.tests.factories import make_api_key, make_member, make_tenant

pytestmark = pytest.mark.django_db
KEYS = "/admin/tenants/apikey/"
SYSTEMS = "/admin/tenants/oauthapplication/"


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture
def client(tenant):
    client = Client()
    client.force_login(make_member(tenant, "owner").user)
    return client


def works(plain: str) -> bool:
    return Client().get("/api/v1/me", headers={"X-API-Key": plain}).status_code == 200


def shown(answer, prefix: str) -> str:
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(rf"<code[^>]*>({prefix}[\w-]+)</code>", answer.content.decode())
    assert found
    return found[1]


def test_a_key_is_made_and_shown_once(client):
    form = client.get(f"{KEYS}add/").content.decode()
    assert set(re.findall(r'name="scopes" value="([^"]+)"', form)) == {"*", *known_scopes()}

    made = client.post(
        f"{KEYS}add/",
        {
            "name": "ci",
            "scopes": ["calls:read", "events:read"],
            "allowed_networks": "127.0.0.0/8\n2001:db8::/32",
            "requests_per_minute": "10",
            "is_active": "on",
        },
    )

    plain = shown(made, "sbk_")
    key = ApiKey._base_manager.get()
    assert key.scopes == ["calls:read", "events:read"]
    assert key.allowed_networks == ["127.0.0.0/8", "2001:db8::/32"]
    assert works(plain)
    again = client.get(f"{KEYS}{key.pk}/change/")
    assert plain not in again.content.decode()
    assert "messages" not in client.cookies or plain not in client.cookies["messages"].value
    assert AuditEntry._base_manager.filter(action="apikey.created").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", ["calls:fly"]),
        ("scopes", []),
        ("allowed_networks", "10.0.0.0/99"),
        ("requests_per_minute", "0"),
        ("requests_per_minute", "-5"),
    ],
)
def test_a_wrong_field_is_named(client, field, value):
    answer = client.post(f"{KEYS}add/", {"name": "x", "scopes": ["*"], "is_active": "on", field: value})

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not ApiKey._base_manager.exists()


def test_rotating_and_revoking(client, tenant):
    key, old = make_api_key(tenant)

    new = shown(
        client.post(reverse("admin:tenants_apikey_rotate", args=[key.pk]), {"overlap_hours": "1"}), "sbk_"
    )

    assert (works(old), works(new)) == (True, True)
    client.post(reverse("admin:tenants_apikey_revoke", args=[key.pk]))
    assert (works(old), works(new)) == (False, False)


def test_many_are_revoked_at_once(client, tenant):
    plains = {key.pk: plain for key, plain in (make_api_key(tenant) for _ in range(3))}

    client.post(KEYS, {"action": "revoke_selected", "_selected_action": [str(pk) for pk in list(plains)[:2]]})

    assert [works(plain) for plain in plains.values()] == [False, False, True]
    assert AuditEntry._base_manager.filter(action="apikey.revoked").count() == 2


def test_a_key_that_must_sign_from_now_on_gets_its_secret(client, tenant):
    key, plain = make_api_key(tenant)

    answer = client.post(
        f"{KEYS}{key.pk}/change/", {"name": key.name, "scopes": ["*"], "must_sign": "on", "is_active": "on"}
    )

    assert shown(answer, "sbs_")
    assert not works(plain)


def test_a_trusted_system_is_made_and_its_secret_renewed(client):
    made = client.post(f"{SYSTEMS}add/", {"name": "ERP", "scopes": ["calls:read"], "is_active": "on"})
    first = shown(made, "sbcs_")
    application = OAuthApplication._base_manager.get()

    renewed = client.post(reverse("admin:tenants_oauthapplication_secret", args=[application.pk]))

    assert shown(renewed, "sbcs_") != first


@pytest.mark.parametrize("role", ["manager", "agent", "viewer"])
def test_other_roles_see_none_of_it(tenant, role):
    key, _plain = make_api_key(tenant)
    client = Client()
    client.force_login(make_member(tenant, role).user)

    for url in (KEYS, f"{KEYS}add/", f"{KEYS}{key.pk}/change/", SYSTEMS, f"{SYSTEMS}add/"):
        assert client.get(url).status_code in (403, 404), url
    assert client.post(
        reverse("admin:tenants_apikey_rotate", args=[key.pk]), {"overlap_hours": "0"}
    ).status_code in (403, 404)
    assert client.post(reverse("admin:tenants_apikey_revoke", args=[key.pk])).status_code in (403, 404)
    assert ApiKey._base_manager.get().is_active


def test_another_companys_key_does_not_exist(client):
    key, plain = make_api_key(make_tenant())

    for name in ("rotate", "revoke"):
        assert client.post(reverse(f"admin:tenants_apikey_{name}", args=[key.pk])).status_code == 404
    assert works(plain)
