"""Rules between members: nobody gives or touches what is above their own role, and a company keeps an owner."""

from django.utils.translation import gettext as _

from tenants.errors import ConfigError
from tenants.models import Member, Role, Tenant
from tenants.scoping import tenant_scope

RANK: dict[str, int] = {Role.OWNER: 3, Role.ADMIN: 2, Role.MANAGER: 1, Role.AGENT: 0, Role.VIEWER: 0}


def roles_given_by(giver: Member | None) -> list[tuple[str, str]]:
    """The roles, with their labels, that this person may give; None stands for the operator's staff."""
    return [
        (value, str(label))
        for value, label in Role.choices
        if giver is None or RANK[value] <= RANK[giver.role]
    ]


def check_may_give(giver: Member | None, role: str) -> None:
    if role not in dict(roles_given_by(giver)):
        raise ConfigError(_("Nobody can give a role above their own."))


def may_touch(giver: Member | None, member: Member) -> bool:
    """Owners are changed by owners."""
    return giver is None or RANK[member.role] <= RANK[giver.role]


def check_owner_remains(member: Member, role: str, is_active: bool) -> None:
    """ConfigError when the company would be without an owner. `member` is as stored; call it under `lock_company`."""
    if not is_last_owner(member) or (role == Role.OWNER and is_active):
        return
    raise ConfigError(_("This is the last owner: make somebody else an owner first."))


def is_last_owner(member: Member) -> bool:
    if member.role != Role.OWNER or not member.is_active:
        return False
    with tenant_scope(member.tenant_id):
        others = Member.objects.filter(role=Role.OWNER, is_active=True, user__is_active=True)
        return not others.exclude(pk=member.pk).exists()


def lock_company(tenant_id: int) -> None:
    """Two owners who demote each other at once take turns."""
    Tenant.objects.select_for_update().get(pk=tenant_id)
