"""Sign-ins, sign-outs, failures and new passwords are audited, with the address and the program they came from."""

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse

from tenants.models import AuditEntry, User
from tenants.tests.factories import make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def anna():
    member = make_member(make_tenant())
    member.user.set_password(PASSWORD)
    member.user.save()
    return member


def trail(*actions: str) -> list[AuditEntry]:
    return list(AuditEntry._base_manager.filter(action__in=actions).order_by("id"))


def sign_in(username: str, password: str) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Test/1.0")
    client.post(reverse("admin:login"), {"username": username, "password": password})
    return client


def test_signing_in_and_out(anna):
    client = sign_in(anna.user.username, PASSWORD)
    client.post(reverse("admin:logout"))

    started, ended = trail("session.started", "session.ended")
    for entry in (started, ended):
        assert (entry.tenant_id, entry.actor, entry.actor_kind) == (
            anna.tenant_id,
            anna.user.username,
            "person",
        )
        assert (entry.address, entry.user_agent, entry.object_id) == (
            "203.0.113.7",
            "Test/1.0",
            str(anna.user.pk),
        )


def test_a_wrong_password_is_told_to_the_persons_companies(anna):
    other = make_member(make_tenant(), user=anna.user)

    sign_in(anna.user.username.upper(), "wrong")

    found = trail("session.refused")
    assert {entry.tenant_id for entry in found} == {anna.tenant_id, other.tenant_id}
    assert {entry.actor for entry in found} == {anna.user.username}
    assert "wrong" not in str([vars(entry) for entry in found])


def test_a_strangers_name_may_be_a_password_and_is_not_kept(db):
    sign_in("hunter22-secret", "x")

    [entry] = trail("session.refused")
    assert (entry.tenant_id, entry.actor, entry.after) == (None, "anonymous", {"typed": "hu…"})
    assert "hunter22" not in str(vars(entry))


def test_an_operators_sign_in_is_in_the_installations_trail(db):
    operator = make_operator()
    operator.set_password(PASSWORD)
    operator.save()

    sign_in(operator.username, PASSWORD)

    [entry] = trail("session.started")
    assert (entry.tenant_id, entry.actor) == (None, operator.username)


def test_a_new_password_is_audited_whoever_sets_it(anna):
    before = len(trail("user.password_set"))
    client = sign_in(anna.user.username, PASSWORD)

    client.post(
        reverse("admin:password_change"),
        {
            "old_password": PASSWORD,
            "new_password1": "another long phrase",
            "new_password2": "another long phrase",
        },
    )

    assert User.objects.get(pk=anna.user.pk).check_password("another long phrase")
    entry = trail("user.password_set")[before]
    assert (entry.tenant_id, entry.actor, entry.object_id) == (
        anna.tenant_id,
        anna.user.username,
        str(anna.user.pk),
    )
    assert "another long phrase" not in str(vars(entry))


def test_a_program_that_checks_a_password_is_no_sign_in(anna):
    assert authenticate(username=anna.user.username, password=PASSWORD)
    assert trail("session.started") == []
