"""Sessions: sealed, listed, ended, timed out."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as DjangoSession
from django.test import Client
from django.utils import timezone

from config import keyring
from tenants.models import AuditEntry
from tenants.scoping import all_tenants
from tenants.signin.models import Session, SignInRules
from tenants.signin.sessions import stored_key
from tenants.signin.tests.doors import ADMIN, is_signed_in, sign_in
from tenants.tests.factories import PASSWORD, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
NEW = "quite another phrase"


def cookie(client: Client, settings) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def age(**values: timedelta) -> None:
    now = timezone.now()
    Session.objects.update(**{name: now - value for name, value in values.items()})


def test_a_dump_holds_neither_the_cookie_nor_what_the_session_knows(client: Client, settings) -> None:
    sign_in(client, make_member(make_tenant()).user.username)
    session = client.session
    session["canary"] = "what the session knows"
    session.save()
    key = cookie(client, settings)

    row = Session.objects.get(user__isnull=False)

    assert row.pk == stored_key(key)
    assert key not in str(vars(row))
    assert "canary" not in row.session_data
    assert row.session_data.startswith(f"{keyring.FORMAT}.")
    assert client.session["canary"] == "what the session knows"
    assert DjangoSession.objects.count() == 0
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.pk
    assert not is_signed_in(thief)


def test_a_key_that_left_the_ring_signs_out_and_breaks_nothing(client: Client) -> None:
    sign_in(client, make_member(make_tenant()).user.username)
    Session.objects.update(session_data="sb1.gone.AAAA")

    assert client.get(ADMIN).status_code == 302


def test_signing_in_changes_the_key(client: Client, settings) -> None:
    """Session fixation: a cookie from before is worth nothing after."""
    user = make_member(make_tenant()).user
    client.get("/admin/security/two-factor/webauthn/login/", HTTP_ACCEPT="application/json")
    before = cookie(client, settings)

    sign_in(client, user.username)

    assert cookie(client, settings) != before
    assert not Session.objects.filter(pk=stored_key(before)).exists()


def test_from_where_and_since_when_is_listed(client: Client) -> None:
    member = make_member(make_tenant())
    sign_in(client, member.user.username, REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Test browser \x00")

    client.get(ADMIN)

    row = Session.objects.get(user=member.user)
    assert (row.address, row.user_agent, row.tenant_id) == ("203.0.113.7", "Test browser ", member.tenant_id)


def test_a_person_ends_a_session_elsewhere(client: Client) -> None:
    user = make_member(make_tenant()).user
    other, third = Client(), Client()
    for browser in (client, other, third):
        sign_in(browser, user.username)
    named = stored_key(other.session.session_key or "")

    client.post("/admin/security/sessions/end/", {"session": named})
    assert (is_signed_in(client), is_signed_in(other), is_signed_in(third)) == (True, False, True)
    client.post("/admin/security/sessions/end/")
    assert (is_signed_in(client), is_signed_in(third)) == (True, False)

    with all_tenants():
        assert AuditEntry.objects.filter(action="session.revoked").count() == 2


def test_nobody_ends_anothers_session(client: Client) -> None:
    victim = Client()
    sign_in(victim, make_member(make_tenant()).user.username)
    sign_in(client, make_member(make_tenant()).user.username)

    client.post("/admin/security/sessions/end/", {"session": stored_key(victim.session.session_key or "")})

    assert is_signed_in(victim)


def test_a_new_password_ends_all_others(client: Client) -> None:
    user = make_member(make_tenant()).user
    other = Client()
    sign_in(client, user.username)
    sign_in(other, user.username)

    client.post(
        "/admin/password_change/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )

    assert (is_signed_in(client), is_signed_in(other)) == (True, False)
    assert Session.objects.filter(user=user).count() == 1
    with all_tenants():
        assert AuditEntry.objects.filter(action="password.changed").count() == 1


def test_guessing_the_old_password_is_counted(client: Client) -> None:
    """Whoever sits at a forgotten screen must not find out the password there."""
    user = make_member(make_tenant()).user
    client.force_login(user)
    wrong = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _try in range(5):
        client.post("/admin/password_change/", wrong)

    client.post("/admin/password_change/", {**wrong, "old_password": PASSWORD})

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_an_operators_reset_and_disabling_end_all(client: Client) -> None:
    user = make_member(make_tenant()).user
    client.force_login(make_operator())
    victim = Client()
    sign_in(victim, user.username)
    client.post(f"/admin/tenants/user/{user.pk}/password/", {"password1": NEW, "password2": NEW})
    assert not is_signed_in(victim)
    assert not Session.objects.filter(user=user).exists()
    sign_in(victim, user.username, NEW)
    assert is_signed_in(victim)

    client.post(f"/admin/tenants/user/{user.pk}/change/", {"username": user.username})

    user.refresh_from_db()
    assert not user.is_active
    assert not is_signed_in(victim)
    assert not Session.objects.filter(user=user).exists()


def test_a_member_who_is_disabled_is_out_at_once(client: Client) -> None:
    member = make_member(make_tenant())
    sign_in(client, member.user.username)
    assert is_signed_in(client)

    member.is_active = False
    member.save()

    assert not is_signed_in(client)


def test_an_idle_session_ends(client: Client, settings) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    sign_in(client, make_member(make_tenant()).user.username)
    age(seen_at=timedelta(minutes=59))
    assert is_signed_in(client)

    age(seen_at=timedelta(minutes=61))

    assert not is_signed_in(client)
    assert client.get("/api/v1/me").status_code in (401, 403)
    assert not Session.objects.filter(user__isnull=False).exists()


def test_a_company_may_have_a_shorter_limit_but_no_longer_one(client: Client, settings) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    member = make_member(make_tenant())
    rules = SignInRules._base_manager.create(tenant=member.tenant, idle_minutes=10)
    sign_in(client, member.user.username)
    client.get(ADMIN)
    age(seen_at=timedelta(minutes=11))
    assert not is_signed_in(client)

    rules.idle_minutes = 600
    rules.save()
    sign_in(client, member.user.username)
    age(seen_at=timedelta(minutes=61))
    assert not is_signed_in(client)


def test_no_session_is_eternal(client: Client, settings) -> None:
    sign_in(client, make_member(make_tenant()).user.username)

    age(created_at=timedelta(seconds=settings.SESSION_COOKIE_AGE + 1))

    assert not is_signed_in(client)


def test_use_is_noted_once_a_minute(client: Client, django_assert_num_queries) -> None:
    client.force_login(make_member(make_tenant()).user)
    with django_assert_num_queries(2):
        client.get("/")
    age(seen_at=timedelta(minutes=2))

    with django_assert_num_queries(3):
        client.get("/")

    assert timezone.now() - Session.objects.get().seen_at < timedelta(seconds=30)


def test_an_owner_sees_and_ends_who_works_in_the_company(client: Client) -> None:
    owner = make_member(make_tenant(), "owner")
    mine, foreign = make_member(owner.tenant, "agent"), make_member(make_tenant(), "agent")
    browsers = {}
    for member in (mine, foreign):
        browsers[member] = Client()
        sign_in(browsers[member], member.user.username)
        browsers[member].get(ADMIN)
    client.force_login(owner.user)
    page = client.get("/admin/signin/session/").content.decode()
    assert mine.user.username in page
    assert foreign.user.username not in page

    for member in (mine, foreign):
        key = stored_key(browsers[member].session.session_key or "")
        client.post(f"/admin/signin/session/{key}/delete/", {"post": "yes"})

    assert not is_signed_in(browsers[mine])
    assert is_signed_in(browsers[foreign])
    with all_tenants():
        entry = AuditEntry.objects.get(action="session.revoked")
        assert (entry.tenant_id, entry.actor) == (owner.tenant_id, owner.user.username)


@pytest.mark.parametrize("role", ["admin", "manager", "agent", "viewer"])
def test_others_do_not_see_the_sessions(client: Client, role: str) -> None:
    client.force_login(make_member(make_tenant(), role).user)

    assert client.get("/admin/signin/session/").status_code == 403
