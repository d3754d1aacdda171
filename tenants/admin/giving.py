"""Who gives a role on a page of the admin, and which ones."""

from typing import Any

from django.http import HttpRequest

from tenants.access import is_operator, member_of
from tenants.admin.base import TenantAdmin
from tenants.members import roles_given_by
from tenants.models import Member


class GivesRoles(TenantAdmin):
    """Only the roles that one may give are offered."""

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["choices"] = roles_given_by(giver(request))
        return super().formfield_for_choice_field(db_field, request, **kwargs)


def giver(request: HttpRequest) -> Member | None:
    """None for operators. Whoever is neither an operator nor a member has no page here."""
    return None if is_operator(request) else member_of(request)
