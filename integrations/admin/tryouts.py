"""“Try it with a simulator”: the button of the catalogue, the page that waits for it, and what pages say of a simulation."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.start_tryout import start_tryout
from integrations.models import Integration, Tryout
from integrations.tryouts.progress import Stage, progress_of
from tenants.admin.base import AdminPart
from tenants.errors import HubError
from tenants.models import Tenant
from tenants.scoping import current_tenant_id

PERCENT: Final = {Stage.STARTING: 30, Stage.TRYING: 70, Stage.READY: 100, Stage.FAILED: 100}
TONES: Final = {Stage.READY: "good", Stage.FAILED: "bad"}
MOST_POLLED: Final = 100


class Tryouts(AdminPart):
    """Mixed into the admin of integrations."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            ("simulate/<slug:code>/", self.simulate_view, "simulate"),
            ("simulation/status/", self.simulation_status_view, "simulation_status"),
            ("<uuid:pk>/simulation/", self.simulation_view, "simulation"),
        ]
        wrap = self.admin_site.admin_view
        routes = [path(at, wrap(view), name=f"integrations_integration_{name}") for at, view, name in own]
        return [*routes, *super().get_urls()]

    def simulate_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """One click: an integration is made whose simulator others start and try; this only asks for it."""
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
        return _to("simulation", tryout.integration_id)

    def simulation_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """How far it is; once the connection works it leads on to the integration."""
        page: Any = self
        tryout = _visible(page, request).filter(integration_id=pk).first()
        if tryout is None:
            raise Http404
        progress = progress_of(tryout, timezone.now())
        if progress.stage is Stage.READY:
            messages.success(request, _("The simulator runs, and the connection works."))
            return _to("change", pk)
        context = {
            **page.admin_site.each_context(request),
            "title": tryout.integration.name,
            "opts": page.opts,
            "live": describe(tryout),
            "has_failed": progress.stage is Stage.FAILED,
            "row": tryout.integration,
            "may_delete": page.has_delete_permission(request, tryout.integration),
        }
        return TemplateResponse(request, "admin/integrations/simulation_page.html", context)

    def simulation_status_view(self, request: HttpRequest) -> JsonResponse:
        """What the page's bar needs; the shape is that of exports, whose script asks."""
        visible = _visible(self, request)
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MOST_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of simulation ids"}, status=400)
        return JsonResponse({"exports": [describe(one) for one in visible.filter(pk__in=ids)]})


def _visible(page: Any, request: HttpRequest) -> Any:
    """Those of the company, for whoever may see its integrations."""
    if not page.has_view_permission(request):
        raise Http404
    rows = Tryout.objects.select_related("integration")
    return rows.defer("integration__credentials", "integration__own_secrets")


def describe(tryout: Tryout) -> dict[str, Any]:
    """What a page shows and what its script asks for again. The keys are those of the bars of exports."""
    progress = progress_of(tryout, timezone.now())
    return {
        "id": str(tryout.pk),
        "state": progress.stage.value,
        "label": progress.label,
        "tone": TONES.get(progress.stage, "busy"),
        "is_finished": progress.is_over,
        "percent": PERCENT[progress.stage],
        "rows": progress.text,
        "size": "",
        "download": "",
    }


def _to(page: str, *args: Any) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:integrations_integration_{page}", args=args))


def tryout_of(row: Integration) -> Tryout | None:
    """The simulation behind it, if it is one."""
    return getattr(row, "tryout", None)
