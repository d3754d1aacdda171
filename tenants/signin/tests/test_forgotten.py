"""A forgotten password: a mailed link sets a new one, once, and nobody learns who has an account."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import AuditEntry, Member, Tenant, Work
from tenants.signin import forgotten, lanes, letters
from tenants.signin.models import Failures, ForgottenPassword, Letter, Session
from tenants.signin.tests.doors import code_of, give_app, is_signed_in, sign_in, text_of
from tenants.tasks import forget
from tenants.tests.factories import make_member, make_operator, make_tenant, make_user
from tenants.work import drain

pytestmark = pytest.mark.django_db

PAGE = "/admin/forgotten-password/"
ASKED = "/admin/forgotten-password/asked/"
LINK = re.compile(r"http\S+(/admin/new-password/\w+/)")
NEW = "an entirely other phrase"
BOTH = {"password1": NEW, "password2": NEW}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(language="ru")


@pytest.fixture
def member(tenant: Tenant) -> Member:
    return make_member(tenant, "manager", user=make_user(username="Anna", email="Anna@example.com"))


def ask(typed: str, client: Client | None = None, **extra: Any) -> Any:
    return (client or Client()).post(PAGE, {"typed": typed}, **extra)


def work() -> None:
    drain(forgotten.LANE)
    drain(letters.LANE)


def link() -> str:
    """The newest one that was mailed."""
    found = LINK.search(str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def mailed_link(typed: str = "anna") -> str:
    assert ask(typed).headers["Location"] == ASKED
    work()
    return link()


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry._base_manager.filter(action=action).order_by("id"))


def test_the_sign_in_page_leads_there() -> None:
    assert f'href="{PAGE}"' in Client().get("/admin/login/").content.decode()


def test_a_link_sets_a_new_password_and_ends_all_sessions(member: Member, tenant: Tenant) -> None:
    elsewhere, browser = Client(), Client()
    sign_in(elsewhere, "Anna")
    address = mailed_link()

    shown = browser.get(address)
    changed = browser.post(address, BOTH)

    assert "Anna" in text_of(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    assert changed.headers["Location"] == "/admin/login/"
    assert not Session.objects.filter(user=member.user).exists()
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(browser)  # the link is no way around the door
    sign_in(browser, "Anna", NEW)
    assert is_signed_in(browser)
    [requested] = entries("password.reset_requested")
    [reset] = entries("password.reset")
    assert (requested.tenant_id, requested.after["is_mailed"]) == (tenant.pk, True)
    assert (reset.tenant_id, reset.actor, reset.address) == (tenant.pk, "Anna", "127.0.0.1")
    assert reset.after == {"by": "link", "ended_sessions": 1}


def test_the_person_is_told_that_the_password_was_changed(member: Member) -> None:
    Client().post(mailed_link(), BOTH)
    drain(letters.LANE)

    assert [sent.to for sent in mail.outbox] == [["Anna@example.com"]] * 2
    assert LINK.search(str(mail.outbox[1].body)) is None
    assert NEW not in mail.outbox[1].body


def test_a_link_works_once(member: Member) -> None:
    address = mailed_link()
    Client().post(address, BOTH)

    again = Client().post(address, {"password1": "yet another phrase!", "password2": "yet another phrase!"})

    assert again.status_code == 404
    member.user.refresh_from_db()
    assert member.user.check_password(NEW)


def test_a_link_ends_after_half_an_hour(member: Member) -> None:
    address = mailed_link()
    Letter.objects.update(created_at=timezone.now() - letters.LINK_LASTS)

    assert Client().get(address).status_code == 404
    assert Client().post(address, BOTH).status_code == 404
    member.user.refresh_from_db()
    assert not member.user.check_password(NEW)


def _signs_in(member: Member) -> None:
    sign_in(Client(), "Anna")


def _gets_another_password(member: Member) -> None:
    member.user.set_password("set by an operator")
    member.user.save()


def _moves(member: Member) -> None:
    type(member.user).objects.filter(pk=member.user_id).update(email="new@example.com")


def _is_disabled(member: Member) -> None:
    type(member.user).objects.filter(pk=member.user_id).update(is_active=False)


def _leaves(member: Member) -> None:
    Member._base_manager.filter(pk=member.pk).delete()


@pytest.mark.parametrize("what", [_signs_in, _gets_another_password, _moves, _is_disabled, _leaves])
def test_a_link_dies_with_any_change_of_the_account(member: Member, what: Any) -> None:
    address = mailed_link()
    what(member)

    assert Client().post(address, BOTH).status_code == 404
    member.user.refresh_from_db()
    assert not member.user.check_password(NEW)


def test_one_used_link_ends_the_others(member: Member) -> None:
    first, second = mailed_link(), mailed_link("anna@EXAMPLE.com")
    assert first != second

    Client().post(second, BOTH)

    assert Client().get(first).status_code == 404


def test_what_a_dump_holds_opens_nothing(member: Member) -> None:
    token = mailed_link().split("/")[-2]

    stored = [*Letter.objects.values(), *AuditEntry._base_manager.values(), *Work.objects.values()]

    assert stored
    assert token not in str(stored)


def test_the_answer_and_the_work_are_the_same_for_nobody(member: Member) -> None:
    made: list[Any] = []
    for typed in ("anna", "nobody", "Anna@example.com", "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = ask(typed, REMOTE_ADDR=f"198.51.100.{len(made)}")
        shapes = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in asked.captured_queries]
        made.append((answer.status_code, answer.headers["Location"], answer.content, len(shapes)))

    assert len(set(made)) == 1
    assert ForgottenPassword.objects.count() == 4
    assert mail.outbox == []
    assert Client().get(ASKED).status_code == 200


def test_what_a_stranger_typed_is_not_kept(member: Member) -> None:
    ask("my secret password!")
    with connection.cursor() as cursor:
        cursor.execute("SELECT typed FROM signin_forgottenpassword")
        assert "secret" not in cursor.fetchone()[0]

    work()

    assert mail.outbox == []
    assert not ForgottenPassword.objects.exists()
    [entry] = entries("password.reset_requested")
    assert (entry.tenant_id, entry.after) == (None, {"typed": "my…"})


def _no_address(user: Any) -> None:
    user.email = ""


def _another_system(user: Any) -> None:
    user.set_unusable_password()


def _operator(user: Any) -> None:
    user.is_superuser = True


def _disabled(user: Any) -> None:
    user.is_active = False


@pytest.mark.parametrize("who", [_no_address, _another_system, _operator, _disabled])
def test_who_gets_no_link(member: Member, who: Any) -> None:
    who(member.user)
    member.user.save()

    assert ask("anna").headers["Location"] == ASKED
    work()

    assert mail.outbox == []
    [entry] = entries("password.reset_requested")
    assert entry.after["is_mailed"] is False
    assert entry.after["reason"]


def test_an_operator_without_company_gets_none() -> None:
    make_operator(username="root", email="root@example.com")

    ask("root@example.com")
    work()

    assert mail.outbox == []


def test_accounts_that_share_an_address_get_a_link_each(member: Member, tenant: Tenant) -> None:
    make_member(tenant, "viewer", user=make_user(username="second", email="anna@example.com"))

    ask("anna@example.com")
    work()

    assert len({LINK.search(str(sent.body))[1] for sent in mail.outbox}) == 2
    assert [name in sent.body for name, sent in zip(("Anna", "second"), mail.outbox, strict=True)] == [
        True,
        True,
    ]


def test_an_account_has_three_live_links_at_most(member: Member) -> None:
    for number in range(4):
        ask("anna", REMOTE_ADDR=f"198.51.100.{number}")
    work()

    assert len(mail.outbox) == forgotten.MOST_LINKS
    assert entries("password.reset_requested")[-1].after["reason"] == "enough links"
    # Whoever gets no more has one that works.
    assert Client().get(link()).status_code == 200


def test_an_address_is_slowed_down_whoever_is_asked_for(member: Member) -> None:
    for number in range(10):
        assert ask(f"somebody{number}", REMOTE_ADDR="198.51.100.7").status_code == 302

    refused = ask("anna", REMOTE_ADDR="198.51.100.7")

    assert refused.status_code == 200
    assert ForgottenPassword.objects.count() == 10
    assert "15" in text_of(refused)
    assert ask("anna", REMOTE_ADDR="198.51.100.8").status_code == 302
    row = Failures.objects.get(way="forgotten", address="198.51.100.7")
    assert (row.count, row.user) == (10, None)


def test_the_second_factor_is_asked_as_ever(member: Member) -> None:
    secret = give_app(member.user)
    browser = Client()
    browser.post(mailed_link(), BOTH)

    answer = sign_in(browser, "Anna", NEW)

    assert answer.headers["Location"].startswith("/admin/security/two-factor/authenticate/")
    assert not is_signed_in(browser)
    browser.post("/admin/security/two-factor/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(browser)
    assert Authenticator.objects.filter(user=member.user, type="totp").exists()


def test_waits_for_wrong_passwords_end_those_for_codes_do_not(member: Member) -> None:
    for _try in range(6):
        sign_in(Client(), "Anna", "wrong password")
    Failures.objects.create(key="code", way="code", user=member.user)

    browser = Client()
    browser.post(mailed_link(), BOTH)
    sign_in(browser, "Anna", NEW)

    assert is_signed_in(browser)
    counted = Failures.objects.filter(user=member.user).exclude(way="name", count=0)
    assert list(counted.values_list("way", flat=True)) == ["code"]


@pytest.mark.parametrize(
    "sent", [{"password1": "short", "password2": "short"}, {"password1": NEW, "password2": "x"}, {}]
)
def test_a_bad_new_password_leaves_the_link_alive(member: Member, sent: dict[str, str]) -> None:
    address = mailed_link()

    assert Client().post(address, sent).status_code == 200

    member.user.refresh_from_db()
    assert not member.user.check_password(NEW)
    assert Client().get(address).status_code == 200


def test_somebody_elses_session_in_that_browser_is_ended(member: Member, tenant: Tenant) -> None:
    browser = Client()
    other = make_member(tenant, "viewer")
    sign_in(browser, other.user.username)

    answer = browser.post(mailed_link(), BOTH, follow=True)

    assert answer.status_code == 200
    assert not is_signed_in(browser)


@pytest.mark.parametrize(("language", "words"), [("en", "Somebody asked"), ("", "Кто-то попросил")])
def test_the_mail_is_in_the_persons_language(member: Member, language: str, words: str) -> None:
    member.user.language = language
    member.user.save()

    ask("anna", headers={"Accept-Language": "en"})
    work()

    [sent] = mail.outbox
    assert sent.to == ["Anna@example.com"]
    assert words in sent.body


def test_the_link_leads_to_the_installations_own_host(member: Member, settings: Any) -> None:
    settings.PUBLIC_URL = "https://hub.example.com"

    ask("anna", headers={"Host": "evil.example.com"})
    work()

    assert "https://hub.example.com/admin/new-password/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body
    assert mail.outbox[0].extra_headers["Message-ID"].endswith("@hub.example.com>")


@pytest.mark.django_db(transaction=True)
def test_mail_is_sent_outside_of_any_transaction(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[bool] = []
    original = lanes.send_mail

    def watched(*args: Any) -> None:
        inside.append(connection.in_atomic_block)
        original(*args)

    monkeypatch.setattr(lanes, "send_mail", watched)
    ask("anna")
    assert mail.outbox == []
    work()

    assert inside == [False]
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_is_tried_again_with_the_same_mail(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    def refuses(message: EmailMessage, *args: Any) -> int:
        tried.append(message)
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailMessage, "send", refuses)
    ask("anna")
    work()
    assert Work.objects.filter(lane=letters.LANE).count() == 1
    monkeypatch.undo()

    drain(letters.LANE, timezone.now() + timedelta(minutes=1))

    [sent] = mail.outbox
    assert [one.body for one in tried] == [sent.body]
    assert tried[0].extra_headers == sent.extra_headers
    assert Letter.objects.get().sent_at is not None


def test_a_link_that_comes_too_late_is_not_mailed_and_that_is_on_record(member: Member) -> None:
    ask("anna")
    drain(forgotten.LANE)
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=1))

    drain(letters.LANE)

    assert mail.outbox == []
    [entry] = entries("letter.not_sent")
    assert (entry.actor_kind, entry.after["reason"]) == ("system", "too late")


def test_without_a_mail_server_the_page_says_so(member: Member, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    shown = Client().get(PAGE, headers={"Accept-Language": "en"})
    asked = ask("anna")

    assert "no mail server is set up" in text_of(shown)
    assert asked.status_code == 200
    assert not ForgottenPassword.objects.exists()


def test_a_form_of_another_site_is_refused(member: Member) -> None:
    address = mailed_link()
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(PAGE, {"typed": "anna"}).status_code == 403
    assert browser.post(address, BOTH).status_code == 403


@pytest.mark.parametrize("typed", ["", "\x00", "x" * 300])
def test_hostile_input_is_a_form_error(typed: str) -> None:
    assert ask(typed).status_code == 200
    assert not ForgottenPassword.objects.exists()


def test_old_letters_are_forgotten(member: Member) -> None:
    mailed_link()
    kept = Letter.objects.get()
    Letter.objects.filter(pk=kept.pk).update(created_at=timezone.now() - timedelta(days=2))

    forget()

    assert not Letter.objects.exists()
