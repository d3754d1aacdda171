"""What a caller may do: keys by scope, people by role."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from tenants.access import ADMINISTRATORS, EVERY_ROLE, has_role
from tenants.api.authentication import tenant_of
from tenants.models import ApiKey


class HasScope(BasePermission):
    """A view names its `resource`; reading wants `<resource>:read`, anything else `<resource>:write`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if tenant_of(request) is None:
            if request.user.is_authenticated:
                raise PermissionDenied(_("Choose a company first."))
            return False
        is_reading = request.method in SAFE_METHODS
        if isinstance(request.auth, ApiKey):
            return request.auth.allows(f"{view.resource}:{'read' if is_reading else 'write'}")
        roles = (
            getattr(view, "read_roles", EVERY_ROLE)
            if is_reading
            else getattr(view, "write_roles", ADMINISTRATORS)
        )
        return has_role(request._request, roles)
