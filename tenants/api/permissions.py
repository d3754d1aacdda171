"""What a caller may do: machines by scope, people by role."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from tenants.access import has_role
from tenants.api.authentication import machine_of, tenant_of
from tenants.scopes import READ, WRITE


def scope_for(view: Any, method: str | None) -> str:
    """The scope that the method of this view asks for."""
    return f"{view.resource}:{READ if method in SAFE_METHODS else WRITE}"


def may_write(request: Request, view: Any) -> bool:
    """Whether this caller might also change what this view shows: some of it is shown in full to those only."""
    if tenant_of(request) is None:
        return False
    machine = machine_of(request)
    if machine is not None:
        return machine.allows(f"{view.resource}:{WRITE}")
    return has_role(request._request, view.roles_for("POST"))


class HasScope(BasePermission):
    """A view names its `resource`; reading wants `<resource>:read`, anything else `<resource>:write`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if tenant_of(request) is None:
            if request.user.is_authenticated:
                raise PermissionDenied(_("Choose a company first."))
            return False
        # What there is not at all is answered with 405 to whoever may look: there is no right that would allow it.
        method = request.method if hasattr(view, (request.method or "").lower()) else "GET"
        machine = machine_of(request)
        if machine is not None:
            scope = scope_for(view, method)
            if not machine.allows(scope):
                raise PermissionDenied(
                    _("This needs the scope %(scope)s.") % {"scope": scope}, "scope_missing"
                )
            return True
        return has_role(request._request, view.roles_for(method))
