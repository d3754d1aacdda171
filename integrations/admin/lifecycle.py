"""The pages and fragments of an integration's life: tried before it is saved, paused, copied, its secret renewed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from integrations import connectors
from integrations.actions.alert_members import choose_mail
from integrations.actions.copy_integration import copy_integration, targets
from integrations.actions.hook_source import set_hook_secret
from integrations.actions.save_integration import check_values, update_integration
from integrations.actions.test_connection import diagnose_draft
from integrations.admin.consequences import of_pausing
from integrations.connectors import connector_of
from integrations.endings import endings_of
from integrations.models import Integration
from integrations.selectors import inlet_of
from tenants.access import ADMINISTRATORS, has_role, member_of
from tenants.admin.audited import AdminPart
from tenants.scoping import current_tenant_id

View = Callable[..., HttpResponse]
LIST, PAGE = "admin:integrations_integration_changelist", "admin:integrations_integration_change"


class LifeCycle(AdminPart):
    """Mixed into the admin of integrations."""

    def get_urls(self) -> list[URLPattern]:
        of_one: dict[str, View] = {
            "pause": self.pause_view,
            "copy": self.copy_view,
            "secret": self.secret_view,
            "inlet": self.inlet_view,
            "endings": self.endings_view,
        }
        of_all: dict[str, View] = {"try": self.try_view, "alerts": self.alerts_view}
        named = [(f"<uuid:pk>/{name}/", name, view) for name, view in of_one.items()]
        named += [(f"{name}/", name, view) for name, view in of_all.items()]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"integrations_integration_{name}")
            for route, name, view in named
        ]
        return [*own, *super().get_urls()]

    def _row(self, request: HttpRequest, pk: UUID, *, may_change: bool = True) -> Integration:
        page: Any = self
        row: Integration | None = page.get_object(request, str(pk))
        if row is None:
            raise Http404
        allowed = page.has_change_permission if may_change else page.has_view_permission
        if not allowed(request, row):
            raise PermissionDenied
        return row

    def _render(self, request: HttpRequest, name: str, /, **context: Any) -> TemplateResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, f"admin/integrations/{name}.html", shown, headers=headers)

    def pause_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What stops and what is kept is said first."""
        row = self._row(request, pk)
        if request.method == "POST":
            update_integration(row, is_enabled=False, reason=request.POST.get("reason", ""))
            messages.success(request, _("%(name)s is paused.") % {"name": row.name})
            return HttpResponseRedirect(reverse(PAGE, args=[pk]))
        title = _("Pause %(name)s") % {"name": row.name}
        return self._render(
            request, "pause", title=title, row=row, consequences=of_pausing(connector_of(row.connector))
        )

    def copy_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Only companies in which this person may make integrations are known to the page."""
        row = self._row(request, pk)
        choices, errors = targets(request.user, row), []  # type: ignore[arg-type]
        if request.method == "POST":
            chosen = next((one for one in choices if str(one.pk) == request.POST.get("company")), None)
            if chosen is None:
                errors = [_("Choose a company.")]
            else:
                try:
                    copy = copy_integration(row, chosen, request.POST.get("name", ""))
                except ValidationError as error:
                    errors = error.messages
                else:
                    text = _(
                        "“%(name)s” was made in %(company)s, paused. Enter its credentials there, then resume it."
                    )
                    messages.success(request, text % {"name": copy.name, "company": chosen.name})
                    return HttpResponseRedirect(reverse(PAGE, args=[pk]))
        title = _("Copy %(name)s to another company") % {"name": row.name}
        return self._render(
            request,
            "copy",
            title=title,
            row=row,
            choices=choices,
            errors=errors,
            name=request.POST.get("name", row.name),
        )

    def secret_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """A secret that is made here is shown this once; one that only the sender can make is entered."""
        row = self._row(request, pk)
        if row.source is None:
            raise Http404
        context: dict[str, Any] = {"row": row, "sender": row.source.sender, "errors": []}
        if request.method == "POST":
            try:
                context["made"] = set_hook_secret(row, request.POST.get("secret") or None)
            except ValidationError as error:
                context["errors"] = error.messages
            else:
                if context["made"] is None:
                    messages.success(request, _("The secret was changed."))
                    return HttpResponseRedirect(reverse(PAGE, args=[pk]))
        return self._render(request, "secret", title=_("The secret of requests to us"), **context)

    def inlet_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The part of the page that tells whether a request has arrived: asked again and again while people wait."""
        row = self._row(request, pk, may_change=False)
        return render(request, "admin/integrations/arrived.html", arrival_context(row))

    def endings_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """When each kind of work went well last and when it failed, in words."""
        row = self._row(request, pk, may_change=False)
        title = _("Last successes and failures of %(name)s") % {"name": row.name}
        return self._render(
            request,
            "endings",
            title=title,
            row=row,
            rooms=endings_of(row),
            sees_details=has_role(request, ADMINISTRATORS),
        )

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """The connection test for what stands in the form and is not saved; leaves no trace."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        page: Any = self
        connector = connectors.registry().get(request.POST.get("connector", ""))
        pk = request.POST.get("pk", "")
        row = page.get_object(request, pk) if pk else None
        allowed = page.has_change_permission(request, row) if pk else page.has_add_permission(request)
        if not allowed:
            raise PermissionDenied
        if connector is None:
            return HttpResponseBadRequest()
        if pk and (row is None or row.connector != connector.code):
            raise Http404
        form = page.get_form_class(connector)(request.POST, instance=row)
        if not form.is_valid():
            return render(request, "admin/integrations/trial.html", {"form": form}, status=422)
        values = form.values()
        stored = Integration.objects.get(pk=row.pk) if row else form.instance
        checked = check_values(stored, **values)
        found = diagnose_draft(stored.tenant, connector, checked.settings, checked.credentials)
        return render(request, "admin/integrations/trial.html", {"diagnosis": found})

    def alerts_view(self, request: HttpRequest) -> HttpResponse:
        """The signed-in member's own choice."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        page: Any = self
        member = member_of(request)
        if not page.has_view_permission(request) or member is None or member.tenant_id != current_tenant_id():
            raise PermissionDenied
        wants = request.POST.get("wants") == "1"
        choose_mail(member, wants)
        text = (
            _("You will be mailed when an integration stops working.")
            if wants
            else _("You get no more of these mails.")
        )
        messages.success(request, text)
        return HttpResponseRedirect(reverse(LIST))


def arrival_context(row: Integration) -> dict[str, Any]:
    """For `arrived.html`."""
    inlet = inlet_of(row)
    return {
        "original": row,
        "inlet": inlet,
        "has_arrived": inlet is not None and inlet.has_arrived(row.hooks_since),
    }
