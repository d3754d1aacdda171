"""TOTP, recovery codes, and companies that require a second factor."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tenants.models import AuditEntry, Role, User
from tenants.scoping import all_tenants
from tenants.signin.models import Session, SignInRules
from tenants.signin.tests.doors import (
    ADMIN,
    code_of,
    confirm_password,
    factors,
    give_app,
    is_signed_in,
    sign_in,
)
from tenants.tests.factories import PASSWORD, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
CODE_PAGE = "/admin/security/two-factor/authenticate/"
ACTIVATE = "/admin/security/two-factor/totp/activate/"


def actions() -> list[str]:
    with all_tenants():
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_the_password_alone_does_not_let_in(client: Client) -> None:
    user = make_member(make_tenant()).user
    secret = give_app(user)

    response = sign_in(client, user.username)

    assert response.headers["Location"] == CODE_PAGE
    assert not is_signed_in(client)
    assert client.post(CODE_PAGE, {"code": code_of(secret)}).headers["Location"] == ADMIN
    assert is_signed_in(client)


def test_a_code_is_taken_once(client: Client) -> None:
    user = make_member(make_tenant()).user
    code = code_of(give_app(user))
    sign_in(client, user.username)
    client.post(CODE_PAGE, {"code": code})
    other = Client()
    sign_in(other, user.username)
    # The cache of allauth belongs to one process; the database tells the others.
    from django.core.cache import cache

    cache.clear()

    other.post(CODE_PAGE, {"code": code})

    assert not is_signed_in(other)


def test_wrong_codes_are_locked_out_and_the_right_one_is_not_checked_then(client: Client) -> None:
    user = make_member(make_tenant()).user
    secret = give_app(user)
    sign_in(client, user.username)

    for _try in range(5):
        client.post(CODE_PAGE, {"code": "000000"})
    response = client.post(CODE_PAGE, {"code": code_of(secret)})

    assert "Too many wrong tries" in response.content.decode()
    assert not is_signed_in(client)
    assert "signin.locked" in actions()


def test_setting_up_an_app_asks_for_the_password_and_shows_codes_once(
    client: Client, django_capture_on_commit_callbacks
) -> None:
    user = make_member(make_tenant()).user
    sign_in(client, user.username)
    thief = Client()
    sign_in(thief, user.username)
    assert client.get(ACTIVATE).headers["Location"].startswith("/admin/security/confirm/")

    confirm_password(client)
    page = client.get(ACTIVATE).content.decode()
    secret = re.search(r'value="([A-Z2-7]{32})"', page)[1]
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(ACTIVATE, {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"\b\d{10}\b", response.content.decode())

    assert factors(user) == ["recovery_codes", "totp"]
    assert len(codes) == 10
    assert not re.findall(
        r"\b\d{10}\b", client.get("/admin/security/two-factor/recovery-codes/").content.decode()
    )
    assert actions().count("two_factor.added") == 2
    # Whoever was in with the password alone is out.
    assert not is_signed_in(thief)
    assert is_signed_in(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert all(code not in stored for code in codes)


def test_a_recovery_code_lets_in_once(client: Client) -> None:
    user = make_member(make_tenant()).user
    give_app(user)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    sign_in(client, user.username)
    client.post(CODE_PAGE, {"code": code})
    assert is_signed_in(client)
    again = Client()
    sign_in(again, user.username)

    again.post(CODE_PAGE, {"code": code})

    assert not is_signed_in(again)
    assert "two_factor.recovery_code_used" in actions()


def test_a_company_may_require_it(client: Client) -> None:
    member = make_member(make_tenant())
    SignInRules._base_manager.create(tenant=member.tenant, requires_two_factor=True)
    sign_in(client, member.user.username)

    refused = client.get("/admin/tenants/extension/")
    by_api = client.get("/api/v1/me")
    page = client.get("/admin/security/")

    assert refused.headers["Location"] == "/admin/security/"
    assert by_api.status_code == 403
    assert "A second factor is required here." in page.content.decode()
    confirm_password(client)
    assert client.get(ACTIVATE).status_code == 200
    give_app(member.user)
    assert client.get("/admin/tenants/extension/").status_code == 200
    assert client.get("/api/v1/me").status_code == 200


def test_other_companies_and_operators_are_not_asked(client: Client) -> None:
    SignInRules._base_manager.create(tenant=make_tenant(), requires_two_factor=True)
    sign_in(client, make_member(make_tenant()).user.username)
    assert is_signed_in(client)

    operator = Client()
    sign_in(operator, make_operator().username)
    assert is_signed_in(operator)


def test_the_installation_may_require_it_of_operators(client: Client, settings) -> None:
    settings.OPERATORS_NEED_TWO_FACTOR = True
    operator = make_operator()
    sign_in(client, operator.username)

    assert client.get(ADMIN).headers["Location"] == "/admin/security/"
    give_app(operator)
    assert is_signed_in(client)


def test_removing_it_is_audited_and_leads_back_to_set_up(client: Client) -> None:
    member = make_member(make_tenant())
    SignInRules._base_manager.create(tenant=member.tenant, requires_two_factor=True)
    sign_in(client, member.user.username)
    give_app(member.user)
    confirm_password(client)

    client.post("/admin/security/two-factor/totp/deactivate/")

    assert factors(member.user) == []
    assert "two_factor.removed" in actions()
    assert client.get(ADMIN).headers["Location"] == "/admin/security/"


def test_knowing_who_it_is_costs_two_queries_with_a_second_factor_too(
    client: Client, django_assert_num_queries
) -> None:
    member = make_member(make_tenant())
    client.force_login(member.user)
    client.get("/")

    # Session with its person and whether they have a second factor; memberships with their company and its rules.
    for page in ("/", "/api/v1/me"):
        with django_assert_num_queries(2):
            assert client.get(page).status_code in (200, 302)
    SignInRules._base_manager.create(tenant=member.tenant, requires_two_factor=True)
    with django_assert_num_queries(2):
        assert client.get("/api/v1/me").status_code == 403
    give_app(member.user)
    with django_assert_num_queries(2):
        assert client.get("/api/v1/me").status_code == 200


def test_the_role_is_asked_of_without_a_query(client: Client, django_assert_num_queries) -> None:
    """Permission, also where it is refused: nothing on top of knowing who it is."""
    viewer = make_member(make_tenant(), Role.VIEWER)
    client.force_login(viewer.user)
    client.get("/api/v1/me")

    with django_assert_num_queries(2):
        assert client.get("/api/v1/endpoints").status_code == 403
    with django_assert_num_queries(3):
        assert client.get("/api/v1/calls").status_code == 200


def test_a_person_who_is_disabled_meanwhile_is_nobody(client: Client) -> None:
    member = make_member(make_tenant())
    client.force_login(member.user)
    User.objects.filter(pk=member.user.pk).update(is_active=False)

    assert client.get("/api/v1/me").status_code == 401


def test_sessions_of_others_are_not_listed(client: Client) -> None:
    mine, other = make_member(make_tenant()).user, make_member(make_tenant()).user
    sign_in(Client(), other.username, HTTP_USER_AGENT="Somebody's browser")
    sign_in(client, mine.username, HTTP_USER_AGENT="My browser")

    page = client.get("/admin/security/").content.decode()

    assert "My browser" in page
    assert "Somebody" not in page
    assert Session.objects.filter(user=other).count() == 1
    assert PASSWORD not in page


def test_nobody_touches_anothers_passkey(client: Client) -> None:
    victim = make_member(make_tenant()).user
    key = Authenticator.objects.create(
        user=victim, type="webauthn", data={"name": "theirs", "credential": {}}
    )
    sign_in(client, make_member(make_tenant()).user.username)
    confirm_password(client)

    for verb in ("remove", "edit"):
        address = f"/admin/security/two-factor/webauthn/keys/{key.pk}/{verb}/"
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "mine"}).status_code == 404

    key.refresh_from_db()
    assert key.data["name"] == "theirs"


def test_the_list_of_passkeys_is_shown(client: Client) -> None:
    sign_in(client, make_member(make_tenant()).user.username)

    assert client.get("/admin/security/two-factor/webauthn/").status_code == 200
