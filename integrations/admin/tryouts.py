"""“Try it with a simulator”: the button of the catalogue, and what the pages say of a simulation."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from integrations.actions.start_tryout import start_tryout
from integrations.actions.test_connection import diagnose
from integrations.admin.diagnoses import keep_diagnosis
from integrations.models import Integration, Tryout
from integrations.tryouts.ports import answers
from tenants.admin.base import AdminPart
from tenants.errors import HubError
from tenants.models import Tenant
from tenants.scoping import current_tenant_id

STARTING_SECONDS = 8.0


class Tryouts(AdminPart):
    """Mixed into the admin of integrations."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.simulate_view)
        route = path("simulate/<slug:code>/", view, name="integrations_integration_simulate")
        return [route, *super().get_urls()]

    def simulate_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """One click: a simulator starts, and an integration is connected to it and tried."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        page: Any = self
        tenant_id = current_tenant_id()
        if tenant_id is None or not page.has_add_permission(request):
            raise PermissionDenied
        tenant = Tenant.objects.get(pk=tenant_id)
        try:
            tryout = start_tryout(tenant, code)
        except HubError as error:
            messages.error(request, str(error))
            return _to("add")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return _to("add")
        row = tryout.integration
        if answers(tryout, STARTING_SECONDS):
            keep_diagnosis(request, row, diagnose(row))
        else:
            messages.warning(
                request, _("The simulator has not started yet. Test the connection in a moment.")
            )
        return _to("change", row.pk)


def _to(page: str, *args: Any) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:integrations_integration_{page}", args=args))


def tryout_of(row: Integration) -> Tryout | None:
    """The simulation behind it, if it is one."""
    return getattr(row, "tryout", None)
