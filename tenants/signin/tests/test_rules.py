"""Where people may come from, and what a password must be."""

import hashlib
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client

from tenants.signin.models import SignInRules
from tenants.signin.passwords import BreachedPasswordValidator, MonotonousPasswordValidator
from tenants.signin.tests.doors import ADMIN, is_signed_in, sign_in
from tenants.tests.factories import PASSWORD, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
INSIDE: dict[str, Any] = {"REMOTE_ADDR": "10.1.2.3"}
OUTSIDE: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}


def test_members_come_in_only_from_the_companys_addresses(client: Client) -> None:
    member = make_member(make_tenant())
    SignInRules._base_manager.create(tenant=member.tenant, networks=["10.0.0.0/8", "2001:db8::/32"])
    client.force_login(member.user)

    answers = {
        address: client.get(ADMIN, REMOTE_ADDR=address).status_code
        for address in ("10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3", "203.0.113.7", "", "unix:")
    }

    assert answers == {
        "10.1.2.3": 200,
        "2001:db8::1": 200,
        "::ffff:10.1.2.3": 200,
        "203.0.113.7": 403,
        "": 403,
        "unix:": 403,
    }
    assert client.get("/api/v1/me", **OUTSIDE).status_code == 403
    assert client.get("/api/v1/me", **INSIDE).status_code == 200
    # They can still leave.
    assert client.post("/admin/logout/", **OUTSIDE).status_code in (200, 302)


def test_another_companys_list_does_not_matter(client: Client) -> None:
    SignInRules._base_manager.create(tenant=make_tenant(), networks=["10.0.0.0/8"])
    client.force_login(make_member(make_tenant()).user)

    assert client.get(ADMIN, **OUTSIDE).status_code == 200


def test_nobody_shuts_the_door_on_themselves(client: Client) -> None:
    owner = make_member(make_tenant(), "owner")
    client.force_login(owner.user)
    form = {"requires_two_factor": "", "idle_minutes": "", "networks": "10.0.0.0/8\n192.0.2.1"}

    refused = client.post("/admin/signin/signinrules/add/", form, **OUTSIDE)
    assert "you would lock yourself out" in refused.content.decode()
    assert not SignInRules._base_manager.exists()

    client.post("/admin/signin/signinrules/add/", form, **INSIDE)
    assert owner.tenant.sign_in_rules.networks == ["10.0.0.0/8", "192.0.2.1/32"]


@pytest.mark.parametrize("role", ["admin", "manager", "agent", "viewer"])
def test_only_owners_set_the_rules(client: Client, role: str) -> None:
    member = make_member(make_tenant(), role)
    SignInRules._base_manager.create(tenant=member.tenant)
    client.force_login(member.user)

    client.post(f"/admin/signin/signinrules/{member.tenant_id}/change/", {"requires_two_factor": "on"})

    assert not SignInRules._base_manager.get().requires_two_factor


def test_the_installation_has_a_list_for_the_whole_admin(client: Client, settings) -> None:
    settings.ADMIN_NETWORKS = ["10.0.0.0/8"]
    operator = make_operator()

    outside = client.get("/admin/login/", **OUTSIDE)
    sign_in(client, operator.username, **INSIDE)

    assert outside.status_code == 403
    assert client.get(ADMIN, **INSIDE).status_code == 200
    assert client.get(ADMIN, **OUTSIDE).status_code == 403
    assert client.get("/health", **OUTSIDE).status_code != 403


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "qwertyuiop123",
        "aaaaaaaaaaaaaa",
        "121212121212",
        "1234567890123",
        "annaivanova99",
    ],
)
def test_weak_passwords_are_refused(client: Client, password: str) -> None:
    user = make_member(make_tenant()).user
    user.username, user.first_name = "annaivanova", "Anna"
    user.save()
    client.force_login(user)

    client.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": password, "new_password2": password},
    )

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_leaked_password_is_found_in_a_file_of_any_size(tmp_path) -> None:
    leaked = [f"leaked password {number}" for number in range(500)]
    lines = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in leaked)
    file = tmp_path / "leaked.txt"
    file.write_text("".join(f"{line}:{number}\r\n" for number, line in enumerate(lines)))
    validator = BreachedPasswordValidator(str(file))

    for word in leaked:
        with pytest.raises(ValidationError):
            validator.validate(word)
    for number in range(500):
        validator.validate(f"another password {number}")
    with pytest.raises(ImproperlyConfigured):
        BreachedPasswordValidator(str(tmp_path / "missing"))
    BreachedPasswordValidator().validate(leaked[0])


def test_a_password_of_few_letters_is_refused() -> None:
    with pytest.raises(ValidationError):
        MonotonousPasswordValidator().validate("abababababab")
    MonotonousPasswordValidator().validate("correct horse battery")


def test_a_member_of_two_companies_may_go_to_the_other(client: Client) -> None:
    member = make_member(make_tenant())
    other = make_member(make_tenant(), user=member.user)
    SignInRules._base_manager.create(tenant=member.tenant, networks=["10.0.0.0/8"])
    client.force_login(member.user)
    assert not is_signed_in(client)

    client.post("/admin/switch-company/", {"tenant": other.tenant_id})

    assert is_signed_in(client)
