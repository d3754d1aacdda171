"""Change somebody's role, number or access to a company, or end it."""

from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.members import check_may_give, check_owner_remains, lock_company, may_touch
from tenants.models import Extension, Member


@transaction.atomic
def change_member(
    member: Member, *, by: Member | None, role: str, is_active: bool, extension: Extension | None
) -> Member:
    """The changed member; ConfigError says why not. `by` is None for the operator's staff."""
    stored = _locked(member, by)
    check_owner_remains(stored, role, is_active)
    if role != stored.role:
        check_may_give(by, role)
    before = audit.snapshot(stored)
    stored.role, stored.is_active, stored.extension = role, is_active, extension
    stored.save(update_fields=["role", "is_active", "extension"])
    old, new = audit.changed(before, audit.snapshot(stored))
    if new:
        audit.record("member.updated", stored, before=old, after=new)
    return stored


@transaction.atomic
def remove_member(member: Member, *, by: Member | None) -> None:
    """The person stays, and what they did stays on record."""
    stored = _locked(member, by)
    check_owner_remains(stored, stored.role, is_active=False)
    audit.record("member.deleted", stored, before=audit.snapshot(stored))
    stored.delete()


@transaction.atomic
def transfer_ownership(owner: Member, heir: Member) -> None:
    """The heir becomes an owner, the owner an administrator."""
    lock_company(owner.tenant_id)
    heir = Member.objects.select_for_update().select_related("user").get(pk=heir.pk)
    owner = Member.objects.select_for_update().get(pk=owner.pk)
    if owner.role != "owner" or not owner.is_active:
        raise ConfigError(_("Only an owner can hand the company over."))
    if owner.pk == heir.pk or not heir.is_active or not heir.user.is_active:
        raise ConfigError(_("Choose another active member."))
    before = {"owner": str(owner), "heir": str(heir)}
    heir.role, owner.role = "owner", "admin"
    heir.save(update_fields=["role"])
    owner.save(update_fields=["role"])
    audit.record(
        "ownership.transferred", heir, before=before, after={"owner": str(heir), "former": str(owner)}
    )


def _locked(member: Member, by: Member | None) -> Member:
    lock_company(member.tenant_id)
    stored = Member.objects.select_for_update().get(pk=member.pk)
    if not may_touch(by, stored):
        raise ConfigError(_("Owners are changed by owners."))
    return stored
