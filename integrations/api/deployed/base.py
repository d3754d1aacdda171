"""What these views share: the number in the path, and the company's connection to RetailCRM."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from integrations.models import Integration
from tenants.access import MANAGERS
from tenants.api.base import TenantAPIView
from tenants.models import Tenant

CONNECTOR = "retailcrm"


class NumberView(TenantAPIView):
    """404 for any number but that of the company whom the credential belongs to: nobody learns which others there are."""

    resource = "integrations"
    read_roles = MANAGERS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if kwargs.get("enterprise") != self.tenant.number:
            raise Http404

    def retailcrm(self) -> Integration:
        """Of several the oldest, which existing deployments know."""
        found = oldest_retailcrm(self.tenant)
        if found is None:
            raise NotFound(_("This company has no connection to RetailCRM."))
        return found


def oldest_retailcrm(tenant: Tenant) -> Integration | None:
    return Integration.objects.filter(tenant=tenant, connector=CONNECTOR).order_by("id").first()


def checked(form: BaseSerializer[Any]) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
