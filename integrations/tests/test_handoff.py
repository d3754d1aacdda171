"""Hand-off tickets: once, within a minute, to the pages of one integration and nothing else."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.actions.hand_off import LASTS, issue_handoff, revoke_handoffs
from integrations.models import Handoff, Integration
from tenants.errors import ConfigError
from tenants.models import AuditEntry, Member, Role, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db


def make_integration(tenant: Tenant, name: str = "Main CRM") -> Integration:
    with tenant_scope(tenant):
        return Integration.objects.create(
            connector="retailcrm",
            name=name,
            settings={"url": "https://127.0.0.1:9"},
            credentials={"api_key": "key"},
        )


@pytest.fixture
def integration() -> Integration:
    return make_integration(make_tenant())


@pytest.fixture
def member(integration: Integration) -> Member:
    return make_member(integration.tenant, Role.ADMIN)


def ticket_for(integration: Integration, member: Member) -> str:
    with tenant_scope(integration.tenant):
        return urlsplit(issue_handoff(integration, member)).path


def page_of(integration: Integration) -> str:
    return reverse("admin:integrations_integration_change", args=[integration.pk])


def reasons() -> list[Any]:
    entries = AuditEntry._base_manager.filter(action="handoff.refused").order_by("id")
    return [entry.after["reason"] for entry in entries]


def test_a_ticket_opens_the_page_and_is_gone_from_the_address(
    integration: Integration, member: Member
) -> None:
    client = Client()

    answer = client.get(ticket_for(integration, member))

    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(integration))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(page_of(integration)).status_code == 200
    done = AuditEntry._base_manager.filter(tenant=integration.tenant, action__startswith="handoff.")
    assert [entry.action for entry in done.order_by("id")] == ["handoff.issued", "handoff.used"]


def test_a_replay_is_refused(integration: Integration, member: Member) -> None:
    address = ticket_for(integration, member)
    assert Client().get(address).status_code == 302

    again = Client()

    assert again.get(address).status_code == 404
    assert "_auth_user_id" not in again.session
    assert reasons() == ["used before"]


def test_it_lasts_a_minute_at_most(integration: Integration, member: Member) -> None:
    address = ticket_for(integration, member)
    row = Handoff._base_manager.get()
    assert timedelta(seconds=60) >= LASTS
    assert row.expires_at - timezone.now() <= timedelta(seconds=60)

    Handoff._base_manager.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert Client().get(address).status_code == 404
    assert reasons() == ["expired"]


def test_it_can_be_revoked(integration: Integration, member: Member) -> None:
    address = ticket_for(integration, member)

    with tenant_scope(integration.tenant):
        assert revoke_handoffs(integration) == 1

    assert Client().get(address).status_code == 404
    assert reasons() == ["revoked"]


def test_a_member_who_was_disabled_meanwhile_does_not_come_in(
    integration: Integration, member: Member
) -> None:
    address = ticket_for(integration, member)
    Member._base_manager.filter(pk=member.pk).update(is_active=False)

    assert Client().get(address).status_code == 404
    assert reasons() == ["the member may not"]


def test_only_a_digest_is_kept(integration: Integration, member: Member) -> None:
    ticket = ticket_for(integration, member).rpartition("/")[2]

    assert ticket not in str(Handoff._base_manager.values().get())
    assert ticket not in str(list(AuditEntry._base_manager.values()))


def test_a_guess_a_head_and_a_post_open_nothing(integration: Integration, member: Member) -> None:
    address = ticket_for(integration, member)

    assert Client().get("/handoff/guessed").status_code == 404
    assert Client().head(address).status_code == 405
    assert Client().post(address).status_code == 405
    assert Handoff._base_manager.get().used_at is None


def test_the_session_reaches_that_integration_only(integration: Integration, member: Member) -> None:
    other = make_integration(integration.tenant, "Second CRM")
    second = make_member(make_tenant(), Role.OWNER, user=member.user)
    client = Client()
    client.get(ticket_for(integration, member))

    for address in (
        reverse("admin:index"),
        page_of(other),
        reverse("admin:integrations_integration_changelist"),
        reverse("admin:telephony_call_changelist"),
        reverse("security"),
        reverse("admin:password_change"),
        reverse("me"),
        reverse("call-list"),
    ):
        assert client.get(address).status_code in (403, 404), address
    assert client.post(reverse("switch-tenant"), {"tenant": second.tenant_id}).status_code == 403
    assert client.get(page_of(integration)).status_code == 200
    assert client.post(reverse("admin:logout")).status_code in (200, 302)
    assert client.get(page_of(integration)).status_code == 302


def test_the_session_ends_soon(integration: Integration, member: Member) -> None:
    client = Client()
    client.get(ticket_for(integration, member))

    assert client.session.get_expiry_age() <= 30 * 60


def test_whoever_was_signed_in_before_is_not_any_more(integration: Integration, member: Member) -> None:
    client = Client()
    client.force_login(make_member(integration.tenant, Role.OWNER).user)

    client.get(ticket_for(integration, member))

    assert client.session["_auth_user_id"] == str(member.user.pk)
    assert client.get(reverse("admin:index")).status_code == 403


def test_none_is_issued_to_people_who_do_not_see_it(integration: Integration) -> None:
    operator = make_operator()
    people = [
        make_member(integration.tenant, Role.AGENT),
        make_member(integration.tenant, Role.VIEWER),
        make_member(make_tenant(), Role.OWNER),
        make_member(integration.tenant, Role.OWNER, user=operator),
    ]

    with tenant_scope(integration.tenant):
        for person in people:
            with pytest.raises(ConfigError):
                issue_handoff(integration, person)

    assert not Handoff._base_manager.exists()
