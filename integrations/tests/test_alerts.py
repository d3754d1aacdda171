"""Members are mailed when an integration stops working and when it works again: those who want it, and not all the time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone, translation

from integrations.actions.alert_members import PAUSE, SETTLES, choose_mail, recipients, wants_mail
from integrations.actions.save_integration import update_integration
from integrations.actions.write_journals import write_journals
from integrations.http.journal import Journal, Sign
from integrations.models import AlertLetter, Health, Integration
from integrations.tests.factories import make_integration
from tenants.models import Member, Role, Tenant, User, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

LANE, LETTERS = "integrations.alert", "integrations.letters"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _settled(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with all_tenants(), translation.override("en"):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(name="June", language="en")


@pytest.fixture
def row(tenant: Tenant) -> Integration:
    return make_integration(tenant)


def member(tenant: Tenant, name: str, role: str = Role.ADMIN, **values: Any) -> Member:
    user = User.objects.create_user(name, email=f"{name}@example.com", **values)
    return Member.objects.create(tenant=tenant, user=user, role=role)


def show(row: Integration, *codes: str, is_config: bool = False) -> None:
    """Signs of health, one after the other; an empty code is a success."""
    signs = [Sign(row.pk, row.tenant_id, timezone.now(), code, "No.", is_config) for code in codes]
    write_journals([Journal(signs=signs)])
    row.refresh_from_db()


def pass_time() -> None:
    """What waits is due, and looked at."""
    Work.objects.filter(lane=LANE).update(due=timezone.now() - timedelta(seconds=1))
    drain(LANE)
    drain(LETTERS)


def test_members_are_told_when_it_stops_working_and_when_it_works_again(
    tenant: Tenant, row: Integration
) -> None:
    member(tenant, "anna")

    show(row, "auth", is_config=True)
    assert mail.outbox == []
    pass_time()
    show(row, "")
    pass_time()

    failing, works = mail.outbox
    assert (failing.to, failing.subject) == (["anna@example.com"], "Main CRM stopped working")
    assert "“Main CRM” (RetailCRM) of June does not work since" in failing.body
    assert "No." in failing.body
    assert f"/admin/integrations/integration/{row.pk}/change/" in failing.body
    assert works.subject == "Main CRM works again"
    assert AlertLetter.objects.filter(sent_at__isnull=False).count() == 2


def test_what_comes_back_by_itself_alarms_nobody(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")

    show(row, *["transient"] * 5)
    assert row.health == Health.FAILING
    assert Work.objects.get(lane=LANE).due - timezone.now() > SETTLES - timedelta(seconds=30)
    show(row, "", "", "")
    pass_time()

    assert (row.health, mail.outbox) == (Health.OK, [])


def test_at_most_one_an_hour_with_a_summary(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")
    show(row, "auth", is_config=True)
    pass_time()

    show(row, "")
    show(row, "auth", is_config=True)
    show(row, "")

    waits = Work.objects.get(lane=LANE).due - timezone.now()
    assert PAUSE - timedelta(minutes=1) < waits <= PAUSE
    pass_time()
    assert [one.subject for one in mail.outbox] == ["Main CRM stopped working", "Main CRM works again"]
    assert "changed 3 times since the last mail" in mail.outbox[1].body


def test_a_steady_failure_is_told_once(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")
    for _round in range(3):
        show(row, "auth", "auth", is_config=True)
        pass_time()

    assert len(mail.outbox) == 1
    assert not Work.objects.filter(lane=LANE).exists()


def test_new_settings_are_no_news_until_they_are_tried(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")
    show(row, "auth", is_config=True)
    pass_time()

    row = update_integration(row, credentials={"api_key": "another"})
    pass_time()
    assert len(mail.outbox) == 1
    show(row, "")
    pass_time()

    assert [one.subject for one in mail.outbox][1:] == ["Main CRM works again"]


def test_who_is_told(tenant: Tenant) -> None:
    wanted = [member(tenant, "owner", Role.OWNER), member(tenant, "admin")]
    chosen = member(tenant, "manager", Role.MANAGER)
    choose_mail(chosen, True)
    refused = member(tenant, "refuses")
    choose_mail(refused, False)
    member(tenant, "viewer", Role.VIEWER)
    member(make_tenant(), "stranger", Role.OWNER)
    left = member(tenant, "left")
    Member.objects.filter(pk=left.pk).update(is_active=False)
    silent = member(tenant, "silent")
    User.objects.filter(pk=silent.user_id).update(email="")

    assert recipients(tenant.pk) == sorted(one.user_id for one in [*wanted, chosen])
    assert [wants_mail(one) for one in (wanted[0], chosen, refused)] == [True, True, False]


def test_each_is_written_to_in_their_language(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna", language="ru")
    member(tenant, "boris", language="en")

    show(row, "auth", is_config=True)
    pass_time()

    subjects = {one.to[0]: one.subject for one in mail.outbox}
    assert subjects["boris@example.com"] == "Main CRM stopped working"
    with translation.override("ru"):
        assert subjects["anna@example.com"] == translation.gettext("%(name)s stopped working") % {
            "name": "Main CRM"
        }


def test_paused_ones_alarm_nobody(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")
    show(row, "auth", is_config=True)

    update_integration(row, is_enabled=False)
    pass_time()

    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_tried_again(
    tenant: Tenant, row: Integration, monkeypatch: Any
) -> None:
    member(tenant, "anna")

    def away(*args: Any, **options: Any) -> int:
        raise OSError("no mail server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    show(row, "auth", is_config=True)
    pass_time()
    assert Work.objects.get(lane=LETTERS).attempts == 1
    monkeypatch.undo()

    Work.objects.update(due=timezone.now())
    drain(LETTERS)

    assert len(mail.outbox) == 1


def test_stale_news_is_not_mailed(tenant: Tenant, row: Integration) -> None:
    member(tenant, "anna")
    show(row, "auth", is_config=True)
    Work.objects.filter(lane=LANE).update(due=timezone.now())
    drain(LANE)
    AlertLetter.objects.update(created_at=timezone.now() - timedelta(hours=7))

    drain(LETTERS)

    assert (AlertLetter.objects.get().failure, mail.outbox) == ("too late", [])
