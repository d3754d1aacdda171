"""The password's door: one answer for everybody, counted tries, names that look alike, the way back out."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tenants.models import AuditEntry, User
from tenants.names import name_key
from tenants.scoping import all_tenants
from tenants.signin import throttle
from tenants.signin.models import Failures
from tenants.signin.tests.doors import ADMIN, SIGN_IN, is_signed_in, sign_in, text_of
from tenants.tests.factories import PASSWORD, make_member, make_operator, make_tenant, make_user

pytestmark = pytest.mark.django_db
HERE = {"REMOTE_ADDR": "203.0.113.7"}
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.9"}


def person(**values) -> User:
    return make_member(make_tenant(), user=make_user(**values)).user


def fail(client: Client, name: str, times: int, **extra) -> None:
    for _try in range(times):
        sign_in(client, name, "wrong", **extra)


def test_members_and_operators_come_in_others_do_not(client: Client) -> None:
    for user in (person(), make_operator()):
        visitor = Client()
        assert sign_in(visitor, user.username).headers["Location"] == ADMIN
        assert is_signed_in(visitor)

    stranger = sign_in(client, make_user(is_staff=True).username)

    assert "This account belongs to no company." in text_of(stranger)
    assert not is_signed_in(client)


def test_nobody_and_somebody_get_the_same_answer_and_the_same_work(client: Client, monkeypatch) -> None:
    hashed = []
    real = PBKDF2PasswordHasher.encode

    def encode(self, password, salt, iterations=None):
        hashed.append(password)
        return real(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    client.get(SIGN_IN)
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        names = {
            "known": person().username,
            "unknown": "nobody",
            "disabled": person(is_active=False).username,
            "without password": person(password=None).username,
        }
        hashed.clear()
        answers, work = {}, {}
        for kind, name in names.items():
            answers[kind] = text_of(sign_in(Client(), name, "wrong", **HERE)).replace(name, "NAME")
            work[kind] = len(hashed)
            hashed.clear()

    assert "The user name or the password is wrong." in answers["unknown"]
    without_tokens = {kind: _without_tokens(answer) for kind, answer in answers.items()}
    assert len(set(without_tokens.values())) == 1
    assert set(work.values()) == {1}


def _without_tokens(page: str) -> str:
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


@pytest.mark.parametrize("typed", ["ANNA", "Anna", "ａｎｎａ", "аnna"])
def test_a_name_is_known_in_every_form(client: Client, typed: str) -> None:
    person(username="anna")

    sign_in(client, typed)

    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        *(("anna", name) for name in ("ANNA", "аnna", "аnnа", "ａnna", "an\u200bna", "ΑNNA")),
        ("bob1", "bobl"),
        ("bob0", "bobo"),
    ],
)
def test_a_look_alike_is_refused_by_form_and_by_database(taken: str, name: str) -> None:
    person(username=taken)

    with pytest.raises(ValidationError):
        User(username=name, password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(name)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username=name)])


def test_different_names_have_different_keys() -> None:
    names = ["anna", "hanna", "Анна", "анка", "anna1", "anna2", "straße", "ольга", "олег"]

    assert len({name_key(name) for name in names}) == len(names)
    assert name_key("Анна") == name_key("анна")


def test_five_wrong_tries_lock_name_and_address_and_the_right_password_is_not_looked_at(
    client: Client,
) -> None:
    user = person()
    fail(client, user.username, 5, **HERE)

    response = sign_in(client, user.username, **HERE)

    assert "Too many wrong tries. Try again in 1 minute." in text_of(response)
    assert not is_signed_in(client)
    # The owner of the name comes in from elsewhere, at the same time.
    victim = Client()
    sign_in(victim, user.username, **ELSEWHERE)
    assert is_signed_in(victim)


def test_a_lock_says_the_same_of_names_that_do_not_exist(client: Client) -> None:
    fail(client, "nobody", 5, **HERE)

    assert "Too many wrong tries" in text_of(sign_in(client, "nobody", **HERE))
    assert Failures.objects.filter(user__isnull=False).count() == 0
    assert "nobody" not in str(list(Failures.objects.values()))


def test_waits_double_and_never_last_longer_than_a_quarter_of_an_hour(client: Client) -> None:
    user = person()
    fail(client, user.username, 5, **HERE)
    waits = []

    for _round in range(6):
        row = Failures.objects.get(way="pair")
        assert row.locked_until is not None
        waits.append(round((row.locked_until - timezone.now()).total_seconds() / 60))
        Failures.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
        fail(client, user.username, 1, **HERE)

    assert waits == [1, 2, 4, 8, 15, 15]


def test_one_address_cannot_try_many_names(client: Client) -> None:
    """Credential stuffing: one try each for many people."""
    users = [person() for _ in range(3)]
    for number in range(30):
        fail(client, f"guess{number}", 1, **HERE)

    response = sign_in(client, users[0].username, **HERE)

    assert "Too many wrong tries" in text_of(response)
    other = Client()
    sign_in(other, users[0].username, **ELSEWHERE)
    assert is_signed_in(other)


def test_the_neighbours_of_one_ipv6_network_are_one(client: Client) -> None:
    for number in range(30):
        fail(client, f"guess{number}", 1, REMOTE_ADDR=f"2001:db8:0:1::{number:x}")

    response = sign_in(client, person().username, REMOTE_ADDR="2001:db8:0:1:ffff::1")

    assert "Too many wrong tries" in text_of(response)


def test_many_addresses_cannot_lock_a_person_out_of_a_browser_they_use(client: Client) -> None:
    user = person()
    sign_in(client, user.username, **HERE)
    client.post("/admin/logout/")
    for number in range(30):
        fail(Client(), user.username, 1, REMOTE_ADDR=f"198.51.100.{number}")

    stranger = Client()
    refused = sign_in(stranger, user.username, REMOTE_ADDR="192.0.2.1")
    sign_in(client, user.username, **HERE)

    assert "Too many wrong tries" in text_of(refused)
    assert is_signed_in(client)


def test_a_known_browser_does_not_count_for_somebody_else(client: Client) -> None:
    user, other = person(), person()
    sign_in(client, other.username, **HERE)
    client.post("/admin/logout/")

    fail(client, user.username, 5, **HERE)

    assert "Too many wrong tries" in text_of(sign_in(client, user.username, **HERE))


def test_a_known_browser_is_counted_itself(client: Client) -> None:
    user = person()
    sign_in(client, user.username, **HERE)
    client.post("/admin/logout/")

    fail(client, user.username, 5, **HERE)

    assert "Too many wrong tries" in text_of(sign_in(client, user.username, **HERE))


def test_ones_own_success_does_not_cover_guessing_at_others(client: Client) -> None:
    own = person()
    for number in range(29):
        fail(client, f"guess{number}", 1, **HERE)
    sign_in(Client(), own.username, **HERE)
    fail(client, "guess30", 1, **HERE)

    assert "Too many wrong tries" in text_of(sign_in(client, "guess31", "wrong", **HERE))


def test_an_attempt_counts_before_it_is_checked(rf) -> None:
    """Else a hundred requests at once would be a hundred guesses."""
    request = rf.post(SIGN_IN, **HERE)
    for _try in range(5):
        throttle.sign_in_attempt(request, "anna", None)

    with pytest.raises(throttle.Locked):
        throttle.sign_in_attempt(request, "anna", None)


def test_a_lock_is_audited_in_the_persons_company_and_administrators_unlock(client: Client) -> None:
    member = make_member(make_tenant(), "owner")
    victim = make_member(member.tenant, "agent")
    foreign = make_member(make_tenant(), "owner")
    fail(Client(), victim.user.username, 5, **HERE)
    with all_tenants():
        entry = AuditEntry.objects.get(action="signin.locked")
        assert (entry.tenant_id, entry.address) == (member.tenant_id, "203.0.113.7")
    row = Failures.objects.get(way="pair")
    client.force_login(foreign.user)
    client.post(f"/admin/signin/failures/{row.pk}/delete/", {"post": "yes"})
    assert Failures.objects.filter(pk=row.pk).exists()

    client.force_login(member.user)
    client.post(f"/admin/signin/failures/{row.pk}/delete/", {"post": "yes"})

    sign_in(victim_browser := Client(), victim.user.username, **HERE)
    assert is_signed_in(victim_browser)
    with all_tenants():
        assert AuditEntry.objects.filter(action="signin.unlocked", tenant=member.tenant).count() == 1


def test_old_failures_are_forgotten() -> None:
    Failures.objects.create(key="a", way="pair", last_at=timezone.now() - timedelta(days=2))
    Failures.objects.create(key="b", way="pair")

    throttle.forget_old()

    assert list(Failures.objects.values_list("key", flat=True)) == ["b"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "https://testserver.evil.example/",
        "https://testserver@evil.example/",
    ],
)
def test_next_leads_nowhere_else(client: Client, target: str) -> None:
    user = person()

    response = client.post(SIGN_IN, {"username": user.username, "password": PASSWORD, "next": target})

    assert response.headers["Location"] == ADMIN


@pytest.mark.parametrize("target", ["https://evil.example/", "/\\evil.example"])
def test_confirming_and_leaving_lead_nowhere_else(client: Client, target: str) -> None:
    user = person()
    client.force_login(user)

    confirmed = client.post("/admin/security/confirm/", {"password": PASSWORD, "next": target})
    left = client.post("/admin/sign-in/leave/", {"next": target})

    assert confirmed.status_code == left.status_code == 302
    assert "evil" not in confirmed.headers["Location"] + left.headers["Location"]


def test_next_is_kept_through_the_second_factor(client: Client) -> None:
    from tenants.signin.tests.doors import code_of, give_app

    user = person()
    secret = give_app(user)
    client.post(
        SIGN_IN, {"username": user.username, "password": PASSWORD, "next": "/admin/tenants/extension/"}
    )

    response = client.post("/admin/security/two-factor/authenticate/", {"code": code_of(secret)})

    assert response.headers["Location"] == "/admin/tenants/extension/"


def test_a_form_of_another_site_is_refused() -> None:
    browser = Client(enforce_csrf_checks=True)

    response = browser.post(SIGN_IN, {"username": person().username, "password": PASSWORD})

    assert response.status_code == 403


def test_a_long_password_is_not_hashed(client: Client, monkeypatch) -> None:
    from django.contrib.auth import hashers

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", lambda *_args: pytest.fail("hashed"))

    assert sign_in(client, "anna", "x" * 513).status_code == 200


def test_a_form_sets_only_what_it_shows(client: Client) -> None:
    """Mass assignment: more fields than the page has."""
    member = make_member(make_tenant(), "owner")
    client.force_login(member.user)
    foreign = make_tenant()

    client.post(
        "/admin/signin/signinrules/add/",
        {
            "requires_two_factor": "",
            "idle_minutes": "30",
            "networks": "",
            "tenant": foreign.pk,
            "tenant_id": foreign.pk,
        },
    )
    client.post(
        "/admin/password_change/",
        {
            "old_password": PASSWORD,
            "new_password1": "quite another phrase",
            "new_password2": "quite another phrase",
            "is_superuser": "on",
        },
    )

    member.user.refresh_from_db()
    assert member.user.check_password("quite another phrase")
    assert not member.user.is_superuser
    assert member.tenant.sign_in_rules.idle_minutes == 30
    assert not hasattr(foreign, "sign_in_rules")
