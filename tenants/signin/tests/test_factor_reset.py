"""Somebody lost their second factor: an owner removes it, but not where it guards another company, too."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tenants.models import AuditEntry, Member, Role, Tenant
from tenants.signin import letters
from tenants.signin.models import Session
from tenants.signin.tests.doors import factors, give_app, is_signed_in, sign_in, text_of
from tenants.tests.factories import make_member, make_operator, make_tenant, make_user
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, Role.OWNER, user=make_user(username="olga")).user)
    return client


@pytest.fixture
def member(tenant: Tenant) -> Member:
    member = make_member(
        tenant, Role.MANAGER, user=make_user(username="boris", email="boris@example.com", language="en")
    )
    give_app(member.user)
    return member


def page(member: Member) -> str:
    return reverse("admin:tenants_member_factors", args=[member.pk])


def remove(client: Client, member: Member, typed: str = "boris", **extra: Any) -> Any:
    return client.post(page(member), {"name": typed}, follow=True, **extra)


def on_record(tenant: Tenant | None) -> list[tuple[str, str]]:
    found = AuditEntry._base_manager.filter(action="two_factor.forgotten", tenant=tenant)
    return list(found.order_by("id").values_list("actor", "object_name"))


def test_an_owner_removes_it_after_typing_the_name(owner: Client, member: Member, tenant: Tenant) -> None:
    theirs = Client()
    theirs.force_login(member.user)
    assert Session.objects.filter(user=member.user).exists()
    assert (
        page(member) in owner.get(reverse("admin:tenants_member_change", args=[member.pk])).content.decode()
    )

    asked = owner.get(page(member))
    mistyped = remove(owner, member, "somebody")
    assert factors(member.user) == ["totp"]
    done = remove(owner, member, "Boris")

    assert "Make sure that it is they who ask" in text_of(asked)
    assert "That is not their user name." in text_of(mistyped)
    assert "The second factor of boris is removed." in text_of(done)
    assert factors(member.user) == []
    assert not Session.objects.filter(user=member.user).exists()
    assert not is_signed_in(theirs)
    assert on_record(tenant) == [("olga", "boris")]
    again = Client()
    sign_in(again, "boris")
    assert is_signed_in(again)


def test_the_person_is_told_by_mail(owner: Client, member: Member) -> None:
    remove(owner, member)
    assert mail.outbox == []
    drain(letters.LANE)

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["boris@example.com"], "Your second factor was removed")
    assert sent.body.startswith("olga removed the passkeys")


def test_an_owner_hears_when_nobody_can_be_told(owner: Client, member: Member) -> None:
    member.user.email = ""
    member.user.save()

    assert "could not be told by mail" in text_of(remove(owner, member))
    assert factors(member.user) == []


@pytest.mark.parametrize("is_active", [True, False])
def test_it_stays_where_it_guards_another_company(
    owner: Client, member: Member, tenant: Tenant, is_active: bool
) -> None:
    other = make_tenant()
    elsewhere = make_member(other, Role.VIEWER, user=member.user)
    Member._base_manager.filter(pk=elsewhere.pk).update(is_active=is_active)

    shown = owner.get(page(member))
    refused = remove(owner, member)

    for answer in (shown, refused):
        assert "only the operator can remove it" in text_of(answer)
        assert other.name not in answer.content.decode()
    assert 'name="name"' not in shown.content.decode()
    assert factors(member.user) == ["totp"]
    assert on_record(tenant) == on_record(other) == []


def test_it_stays_where_the_person_is_an_operator(owner: Client, member: Member) -> None:
    member.user.is_superuser = True
    member.user.save()

    remove(owner, member)

    assert factors(member.user) == ["totp"]


def test_nobody_removes_their_own_that_way(owner: Client, tenant: Tenant) -> None:
    own = Member._base_manager.get(user__username="olga")
    give_app(own.user)

    answer = remove(owner, own, "olga")

    assert "your password is asked first" in text_of(answer)
    assert factors(own.user) == ["totp"]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.AGENT, Role.VIEWER])
def test_other_roles_do_not(member: Member, tenant: Tenant, role: str) -> None:
    client = Client()
    client.force_login(make_member(tenant, role).user)

    assert client.get(page(member)).status_code == 404
    assert client.post(page(member), {"name": "boris"}).status_code == 404
    shown = client.get(reverse("admin:tenants_member_change", args=[member.pk]))
    assert page(member) not in shown.content.decode()
    assert factors(member.user) == ["totp"]


def test_an_owner_of_another_company_does_not(member: Member) -> None:
    client = Client()
    client.force_login(make_member(make_tenant(), Role.OWNER).user)

    assert client.post(page(member), {"name": "boris"}).status_code == 404
    assert factors(member.user) == ["totp"]


def test_an_operator_does_for_everybody_and_every_company_reads_of_it(member: Member, tenant: Tenant) -> None:
    other = make_tenant()
    make_member(other, Role.OWNER, user=member.user)
    client = Client()
    client.force_login(make_operator(username="root"))

    remove(client, member)
    drain(letters.LANE)

    assert factors(member.user) == []
    assert on_record(tenant) == on_record(other) == [("root", "boris")]
    assert mail.outbox[0].body.startswith("The operator removed")
