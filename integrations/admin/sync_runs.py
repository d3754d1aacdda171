"""Runs of synchronisations, with bars that move, what failed in them, and a button that ends them."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from integrations.actions.run_sync import cancel_run
from integrations.admin.sync_progress import describe, figures
from integrations.models import SyncFault, SyncRun
from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin

MAX_POLLED = 100
SHOWN = 100


@admin.register(SyncRun)
class SyncRunAdmin(ExportButtonMixin, LogAdmin):
    menu_icon = "sync_alt"
    menu_place = 43
    export_dataset = "sync_runs"
    empty_hint = _("Runs appear here as soon as a synchronisation is due or begun by hand.")
    view_roles = MANAGERS
    own_roles = {"steer": MANAGERS}
    buttons = {"export": "export", "status": "view", "cancel": "steer"}
    heavy = ("differences",)
    list_display = ("created_at", "plan", "progress", "figures_shown", "finished_at")
    list_display_links = ("created_at",)
    list_filter = ("state", "is_full", "is_dry", "is_incomplete")
    list_select_related = ("plan__integration",)
    change_form_outer_before_template = "admin/sync/run.html"
    readonly_fields = ("figures_shown",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "plan",
                    "state",
                    "figures_shown",
                    "reason",
                    "is_incomplete",
                    "is_full",
                    "is_dry",
                    "allows_deletions",
                )
            },
        ),
        (_("Who and when"), {"fields": ("asked_by", "created_at", "started_at", "finished_at", "story")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}
        js = ("exports/progress.js",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "story")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        found: QuerySet[SyncRun] = super().get_queryset(request)
        return found.select_related("plan__integration").defer(
            *self.heavy, "plan__integration__credentials", "plan__integration__own_secrets"
        )

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To cancel."""
        return self.may(request, "steer")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("status/", wrap(self.status_view), name="integrations_syncrun_status"),
            path(
                "<uuid:pk>/cancel/", wrap(require_POST(self.cancel_view)), name="integrations_syncrun_cancel"
            ),
        ]
        return own + super().get_urls()

    def status_view(self, request: HttpRequest) -> JsonResponse:
        """What the bars of a page need, for the ids that it shows; the shape is that of exports, whose script asks."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MAX_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of run ids"}, status=400)
        return JsonResponse(
            {"exports": [describe(run) for run in self.get_queryset(request).filter(pk__in=ids)]}
        )

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None or not self.has_steer_permission(request):
            raise Http404
        if cancel_run(run):
            messages.success(request, gettext("The run is cancelled. What it committed stays."))
        else:
            messages.warning(request, gettext("The run had ended already."))
        return HttpResponseRedirect(reverse("admin:integrations_syncrun_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["live"] = describe(obj)
            context["can_steer"] = self.has_steer_permission(request)
            context["faults"] = list(SyncFault.objects.filter(run=obj).order_by("id")[:SHOWN])
            context["differences"] = [_shown(one) for one in obj.differences[:SHOWN]]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("progress"))
    def progress(self, run: SyncRun) -> SafeString:
        return render_to_string("admin/exports/bar.html", {"live": describe(run)})

    @display(description=_("what was done"))
    def figures_shown(self, run: SyncRun) -> str:
        return figures(run)


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    """A difference as lines of text."""
    pairs = one.get("fields", {})
    fields = (
        [
            (name, pair[0], pair[1])
            for name, pair in pairs.items()
            if isinstance(pair, list) and len(pair) == 2
        ]
        if isinstance(pairs, dict)
        else []
    )
    return {"outside_id": one.get("outside_id", ""), "is_new": one.get("is_new"), "fields": fields}
