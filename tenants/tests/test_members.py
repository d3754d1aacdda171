"""Members: invited by a link that works once, never raised above whoever gives, and a company never without an owner."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.actions.change_member import change_member, remove_member, transfer_ownership
from tenants.actions.invite_member import find_invitation, mail_invitation
from tenants.admin import invitations
from tenants.errors import ConfigError
from tenants.models import AuditEntry, Invitation, Member, Role, Tenant, User
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_operator, make_tenant, make_user

pytestmark = pytest.mark.django_db

LINK = re.compile(r"/admin/invitation/([\w-]+)/")
NEW = {
    "username": "newcomer",
    "first_name": "New",
    "last_name": "Comer",
    "password1": "a long enough pass phrase",
    "password2": "a long enough pass phrase",
}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def owner(tenant: Tenant) -> Member:
    return make_member(tenant, Role.OWNER)


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def invite(member: Member, role: str = Role.MANAGER, email: str = "") -> Any:
    return signed_in(member).post(
        reverse("admin:tenants_invitation_add"), {"email": email, "role": role, "extension": ""}
    )


def address_in(answer: Any) -> str:
    found = LINK.search(answer.content.decode())
    assert found is not None
    return found[0]


def actions(tenant: Tenant) -> list[str]:
    return list(
        AuditEntry._base_manager.filter(tenant=tenant).order_by("id").values_list("action", flat=True)
    )


def test_an_invited_person_makes_an_account_and_the_link_is_used_up(tenant: Tenant, owner: Member) -> None:
    shown = invite(owner)
    address = address_in(shown)
    stranger = Client()

    page = stranger.get(address)
    joined = stranger.post(address, NEW)

    assert "no-store" in shown.headers["Cache-Control"]
    assert page.status_code == 200
    assert joined.status_code == 302
    member = Member._base_manager.get(user__username="newcomer")
    assert (member.tenant_id, member.role) == (tenant.pk, Role.MANAGER)
    assert member.user.check_password(NEW["password1"])
    assert not member.user.is_superuser
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {**NEW, "username": "second"}).status_code == 404
    assert not User.objects.filter(username="second").exists()
    assert {"member.invited", "member.joined"} <= set(actions(tenant))


def test_somebody_with_an_account_joins_with_it(tenant: Tenant, owner: Member) -> None:
    elsewhere = make_member(make_tenant(), Role.VIEWER)
    address = address_in(invite(owner, Role.AGENT))

    client = signed_in(elsewhere)
    assert client.post(address).status_code == 302

    assert Member._base_manager.get(tenant=tenant, user=elsewhere.user).role == Role.AGENT
    assert client.get(reverse("admin:index")).context["switchboard_company"] == tenant


def test_only_a_digest_is_kept(tenant: Tenant, owner: Member) -> None:
    token = address_in(invite(owner)).split("/")[-2]

    stored = Invitation._base_manager.values().get()

    assert token not in str(stored)
    assert token not in str(list(AuditEntry._base_manager.values()))


def test_an_old_link_and_one_that_was_taken_back_open_nothing(tenant: Tenant, owner: Member) -> None:
    old, revoked = address_in(invite(owner)), address_in(invite(owner))
    first, second = Invitation._base_manager.order_by("created_at", "id")
    Invitation._base_manager.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    page = reverse("admin:tenants_invitation_delete", args=[second.pk])
    signed_in(owner).post(page, {"post": "yes"})

    for address in (old, revoked, "/admin/invitation/guessed/"):
        assert Client().post(address, NEW).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()
    assert "invitation.deleted" in actions(tenant)


def test_an_invitation_dies_with_the_right_of_whoever_made_it(tenant: Tenant, owner: Member) -> None:
    admin = make_member(tenant, Role.ADMIN)
    address = address_in(invite(admin))
    assert find_invitation(address.split("/")[-2]) is not None

    Member._base_manager.filter(pk=admin.pk).update(is_active=False)

    assert Client().post(address, NEW).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_mail_server_is_asked_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member(make_tenant(), Role.OWNER)
    in_transaction: list[bool] = []

    def watched(invitation: Invitation, link: str) -> bool:
        in_transaction.append(connection.in_atomic_block)
        return mail_invitation(invitation, link)

    monkeypatch.setattr(invitations, "mail_invitation", watched)
    shown = invite(owner, email="new@example.com")

    assert in_transaction == [False]
    assert "new@example.com" in shown.content.decode()
    assert len(mail.outbox) == 1


def test_an_invitation_is_mailed(tenant: Tenant, owner: Member) -> None:
    address = address_in(invite(owner, email="new@example.com"))

    (sent,) = mail.outbox
    assert sent.to == ["new@example.com"]
    assert address in sent.body


def test_nobody_gives_a_role_above_their_own(tenant: Tenant, owner: Member) -> None:
    admin = make_member(tenant, Role.ADMIN)
    own_page = reverse("admin:tenants_member_change", args=[admin.pk])

    assert invite(admin, Role.OWNER).status_code == 200  # the form again
    raised = signed_in(admin).post(own_page, {"role": Role.OWNER, "is_active": "on", "extension": ""})

    assert raised.status_code == 200
    assert not Invitation._base_manager.exists()
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN
    with tenant_scope(tenant), pytest.raises(ConfigError):
        change_member(admin, by=admin, role=Role.OWNER, is_active=True, extension=None)


def test_an_administrator_touches_no_owner(tenant: Tenant, owner: Member) -> None:
    admin = make_member(tenant, Role.ADMIN)
    make_member(tenant, Role.OWNER)  # not the last one
    client = signed_in(admin)

    for name in ("change", "delete"):
        page = reverse(f"admin:tenants_member_{name}", args=[owner.pk])
        assert client.post(page, {"role": Role.VIEWER, "post": "yes"}).status_code == 403
    client.post(
        reverse("admin:tenants_member_changelist"),
        {"action": "disable_chosen", "_selected_action": [owner.pk]},
    )

    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == (Role.OWNER, True)


def test_the_last_owner_stays(tenant: Tenant, owner: Member) -> None:
    client = signed_in(owner)
    page = reverse("admin:tenants_member_change", args=[owner.pk])
    many = reverse("admin:tenants_member_changelist")

    for sent in ({"role": Role.ADMIN, "is_active": "on"}, {"role": Role.OWNER}):
        assert client.post(page, {**sent, "extension": ""}).status_code == 200
    assert client.post(page.replace("change/", "delete/"), {"post": "yes"}).status_code == 403
    for action in ("disable_chosen", "delete_selected"):
        client.post(many, {"action": action, "_selected_action": [owner.pk], "post": "yes"})

    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == (Role.OWNER, True)
    with tenant_scope(tenant):
        for change in (
            lambda: change_member(owner, by=owner, role=Role.ADMIN, is_active=True, extension=None),
            lambda: change_member(owner, by=None, role=Role.OWNER, is_active=False, extension=None),
            lambda: remove_member(owner, by=None),
        ):
            with pytest.raises(ConfigError):
                change()


def test_two_owners_are_not_removed_at_once(tenant: Tenant, owner: Member) -> None:
    other = make_member(tenant, Role.OWNER)

    signed_in(owner).post(
        reverse("admin:tenants_member_changelist"),
        {"action": "delete_selected", "_selected_action": [owner.pk, other.pk], "post": "yes"},
    )

    assert Member._base_manager.filter(tenant=tenant, role=Role.OWNER).count() == 2


def test_disabling_ends_access_and_is_on_record(tenant: Tenant, owner: Member) -> None:
    member = make_member(tenant, Role.MANAGER)
    theirs, many = signed_in(member), reverse("admin:tenants_member_changelist")
    assert theirs.get(reverse("admin:index")).status_code == 200

    signed_in(owner).post(many, {"action": "disable_chosen", "_selected_action": [member.pk]})
    assert theirs.get(reverse("admin:index")).status_code == 302
    signed_in(owner).post(many, {"action": "enable_chosen", "_selected_action": [member.pk]})

    assert theirs.get(reverse("admin:index")).status_code == 200
    entries = AuditEntry._base_manager.filter(action="member.updated", object_id=str(member.pk)).order_by(
        "id"
    )
    assert [entry.after for entry in entries] == [{"is_active": False}, {"is_active": True}]
    assert {entry.actor for entry in entries} == {owner.user.username}


def test_ownership_is_handed_over_after_the_heirs_name_was_typed(tenant: Tenant, owner: Member) -> None:
    heir = make_member(tenant, Role.ADMIN)
    page = reverse("admin:tenants_member_transfer", args=[heir.pk])
    client = signed_in(owner)

    assert signed_in(heir).post(page, {"name": heir.user.username}).status_code == 404
    assert client.post(page, {"name": "somebody"}).status_code == 200
    heir.refresh_from_db()
    assert heir.role == Role.ADMIN
    assert client.post(page, {"name": heir.user.username}).status_code == 302

    heir.refresh_from_db()
    owner.refresh_from_db()
    assert (heir.role, owner.role) == (Role.OWNER, Role.ADMIN)
    assert "ownership.transferred" in actions(tenant)


def test_ownership_goes_to_nobody_who_is_disabled(tenant: Tenant, owner: Member) -> None:
    heir = make_member(tenant, Role.ADMIN)
    Member._base_manager.filter(pk=heir.pk).update(is_active=False)

    with tenant_scope(tenant), pytest.raises(ConfigError):
        transfer_ownership(owner, heir)

    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_people_switch_between_their_own_companies_only(tenant: Tenant, owner: Member) -> None:
    second, foreign = make_tenant(), make_tenant()
    make_member(second, Role.VIEWER, user=owner.user)
    client = signed_in(owner)
    page = client.get(reverse("admin:index"))
    assert page.context["switchboard_companies"] == [tenant, second]

    client.post(reverse("switch-tenant"), {"tenant": second.pk})
    assert client.get(reverse("admin:index")).context["switchboard_company"] == second
    client.post(reverse("switch-tenant"), {"tenant": foreign.pk})

    assert client.get(reverse("admin:index")).context["switchboard_company"] == second


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", ""]
)
def test_switching_leads_to_no_other_site(owner: Member, target: str) -> None:
    answer = signed_in(owner).post(reverse("switch-tenant"), {"tenant": owner.tenant_id, "next": target})

    assert answer.headers["Location"] == reverse("admin:index")


def test_an_operator_inside_a_company_sees_a_banner_and_both_steps_are_on_record(tenant: Tenant) -> None:
    client = Client()
    client.force_login(make_operator())
    banner = "sb-inside"

    assert banner not in client.get(reverse("admin:index")).content.decode()
    client.post(reverse("switch-tenant"), {"tenant": tenant.pk})
    for address in (reverse("admin:index"), reverse("admin:tenants_member_changelist"), reverse("security")):
        page = client.get(address).content.decode()
        assert banner in page
        assert tenant.name in page
    client.post(reverse("switch-tenant"), {"tenant": ""})

    assert banner not in client.get(reverse("admin:index")).content.decode()
    assert actions(tenant) == ["tenant.entered", "tenant.left"]


def test_a_member_sees_no_banner(owner: Member) -> None:
    assert "sb-inside" not in signed_in(owner).get(reverse("admin:index")).content.decode()


def test_a_weak_password_or_a_name_that_is_taken_makes_no_account(tenant: Tenant, owner: Member) -> None:
    address = address_in(invite(owner))
    make_user(username="taken")

    for wrong in (
        {"password1": "12345", "password2": "12345"},
        {"username": "TAKEN"},
        {"password2": "other"},
    ):
        assert Client().post(address, {**NEW, **wrong}).status_code == 200

    assert Member._base_manager.filter(tenant=tenant).count() == 1
    assert Client().get(address).status_code == 200


def test_only_operators_are_led_to_an_account(tenant: Tenant, owner: Member) -> None:
    member = make_member(tenant, Role.AGENT)
    page = reverse("admin:tenants_member_change", args=[member.pk])
    account = reverse("admin:tenants_user_change", args=[member.user_id])
    operator = Client()
    operator.force_login(make_operator())

    shown, operators = signed_in(owner).get(page), operator.get(page)

    assert member.user.username in shown.content.decode()
    assert account not in shown.content.decode()
    assert account in operators.content.decode()
