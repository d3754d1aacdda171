"""Who may do what: the roles of members, and the tenant a request works in."""

from collections.abc import Collection

from django.http import HttpRequest

from tenants.models import Member, Role, User
from tenants.scoping import all_tenants

SESSION_KEY = "tenant"

EVERY_ROLE: frozenset[str] = frozenset(Role.values)
MANAGERS: frozenset[str] = frozenset({Role.OWNER, Role.ADMIN, Role.MANAGER})
ADMINISTRATORS: frozenset[str] = frozenset({Role.OWNER, Role.ADMIN})
OWNERS: frozenset[str] = frozenset({Role.OWNER})
NOBODY: frozenset[str] = frozenset()  # of a company: the operator's staff only


def memberships(user: User) -> list[Member]:
    """A person's live memberships with their tenants, in the tenants' order."""
    with all_tenants():
        found = Member.objects.filter(user=user, is_active=True, tenant__is_active=True)
        return list(found.select_related("tenant__sign_in_rules", "extension").order_by("tenant__number"))


def chosen_member(user: User, wanted: str | int | None) -> Member | None:
    """The membership the person works under: the wanted tenant's, else the first."""
    mine = memberships(user)
    return next(
        (member for member in mine if str(member.tenant_id) == str(wanted)), mine[0] if mine else None
    )


def member_of(request: HttpRequest) -> Member | None:
    """The membership under which this request acts; None for operators and strangers."""
    return getattr(request, "member", None)


def is_operator(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.is_superuser)


def has_role(request: HttpRequest, roles: Collection[str]) -> bool:
    """Operators may do everything; members what their role in the current tenant allows."""
    member = member_of(request)
    return is_operator(request) or (member is not None and member.role in roles)
