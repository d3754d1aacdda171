"""Reports: what is told when and to whom, how the next one would read, and those that were made."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.base import TenantAdmin
from webhooks.actions.send_report import preview_report, send_report_now
from webhooks.admin.confirming import ask
from webhooks.admin.report_forms import ReportForm
from webhooks.models import Report
from webhooks.selectors import report_runs

SHOWN_RUNS = 10


@admin.register(Report)
class ReportPage(TenantAdmin):
    menu_place = 250
    menu_icon = "summarize"
    view_roles = MANAGERS
    buttons = {"preview": "view", "send": "change"}
    form = ReportForm
    list_display = ("name", "rhythm", "at", "next_due_at", "is_enabled")
    list_filter = ("is_enabled", "rhythm")
    search_fields = ("name",)
    empty_hint = _("Set up a daily or weekly summary for a chat, a mail box or a system of your own.")
    change_form_outer_before_template = "admin/webhooks/report_head.html"
    conditional_fields = {"weekday": "rhythm == 'weekly'"}
    fieldsets = (
        (None, {"fields": ("name", "rhythm", "weekday", "at", "sections")}),
        (_("Recipients"), {"fields": ("endpoints", "addresses")}),
        (_("More"), {"fields": ("skips_quiet", "is_enabled")}),
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views = {"preview": self.preview_view, "send": self.send_view}
        own = [
            path(f"<uuid:pk>/{name}/", wrap(view), name=f"webhooks_report_{name}")
            for name, view in views.items()
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        report = kwargs.get("obj")
        if report is not None:
            context |= {
                "runs": list(report_runs(report)[:SHOWN_RUNS]),
                "can_write": self.has_change_permission(request),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def preview_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """With the figures of the last whole day or week; nothing is stored."""
        report = self._found(pk)
        if not self.has_view_permission(request, report):
            raise Http404
        return TemplateResponse(
            request,
            "admin/webhooks/report_preview.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Preview"),
                "report": report,
                "composed": preview_report(report),
                "language": report.tenant.language,
                "back": _page(pk),
                "send_url": reverse("admin:webhooks_report_send", args=[pk])
                if self.has_change_permission(request, report)
                else "",
            },
        )

    def send_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        report = self._found(pk)
        if not self.has_change_permission(request, report):
            raise Http404
        if request.method == "POST":
            send_report_now(report)
            messages.success(request, translated("The report is on its way."))
            return HttpResponseRedirect(_page(pk))
        return ask(
            self,
            request,
            title=_("Send now"),
            text=_(
                "“%(name)s” of the last whole day or week goes to all its recipients now. The schedule stays as it is."
            )
            % {"name": report.name},
            button=_("Send now"),
            back=_page(pk),
        )

    @staticmethod
    def _found(pk: uuid.UUID) -> Report:
        report = Report.objects.select_related("tenant").filter(pk=pk).first()
        if report is None:
            raise Http404
        return report


def _page(pk: uuid.UUID) -> str:
    return reverse("admin:webhooks_report_change", args=[pk])
