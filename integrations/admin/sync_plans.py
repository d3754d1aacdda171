"""Synchronisations: what is read from which system, when, and a run at the push of a button."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.run_sync import run_sync
from integrations.actions.save_plan import save_plan
from integrations.models import SyncConflict, SyncFault, SyncPlan, SyncRun
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.errors import ConfigError

SHOWN = 25
OPTIONS = {
    "now": {},
    "full": {"is_full": True},
    "dry": {"is_full": True, "is_dry": True},
    "accept": {"is_full": True, "allows_deletions": True},
}


@admin.register(SyncPlan)
class SyncPlanAdmin(TenantAdmin):
    menu_icon = "sync"
    menu_place = 42
    empty_hint = _("Choose an integration and what to read from it: contacts, orders, products.")
    view_roles = MANAGERS
    own_roles = {"run": MANAGERS}
    buttons = {"run": "run"}
    list_display = ("title", "direction", "rhythm", "state_label", "next_due_at")
    list_display_links = ("title",)
    list_filter = ("integration", "kind", "is_enabled")
    list_select_related = ("integration",)
    ordering = ("-id",)
    change_form_outer_before_template = "admin/sync/plan.html"
    readonly_fields = ("watermark", "next_due_at", "next_full_at")
    fieldsets = (
        (None, {"fields": ("integration", "kind", "direction", "is_enabled")}),
        (
            _("When"),
            {"fields": ("interval_minutes", "cron", "full_cron", "next_due_at", "next_full_at", "watermark")},
        ),
        (_("In doubt"), {"fields": ("conflict_policy", "deletion_limit")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}
        js = ("exports/progress.js",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a synchronisation is about stays as it is."""
        return (*self.readonly_fields, *(("integration", "kind") if obj else ()))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.queryset = field.queryset.defer("credentials", "own_secrets")
        return field

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "run")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.run_view))
        return [path("<uuid:pk>/run/", view, name="integrations_syncplan_run"), *super().get_urls()]

    def run_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Begins a run and goes to its page; the button's name says which."""
        plan = self.get_object(request, str(pk))
        if plan is None or not self.has_run_permission(request):
            raise Http404
        try:
            run = run_sync(plan, **OPTIONS.get(request.POST.get("how", ""), {}))
        except ConfigError as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(reverse("admin:integrations_syncplan_change", args=[pk]))
        return HttpResponseRedirect(reverse("admin:integrations_syncrun_change", args=[run.pk]))

    def save_model(self, request: HttpRequest, obj: SyncPlan, form: Any, change: bool) -> None:
        save_plan(obj)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["can_run"] = self.has_run_permission(request)
            context["runs"] = list(SyncRun.objects.filter(plan=obj).defer("differences").order_by("-id")[:5])
            told = SyncFault.objects.filter(integration_id=obj.integration_id, kind=obj.kind)
            context["faults"] = list(told.order_by("-last_seen_at")[:SHOWN])
            context["open_conflicts"] = SyncConflict.objects.filter(plan=obj, resolution="")[:100].count()
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncPlan]:
        found: QuerySet[SyncPlan] = super().get_queryset(request)
        return found.select_related("integration").defer(
            "integration__credentials", "integration__own_secrets"
        )

    @display(description=_("synchronisation"))
    def title(self, plan: SyncPlan) -> str:
        return str(plan)

    @display(description=_("when"))
    def rhythm(self, plan: SyncPlan) -> str:
        if plan.cron:
            return plan.cron
        if plan.interval_minutes:
            return gettext("every %(count)d min") % {"count": plan.interval_minutes}
        return gettext("by hand")

    @display(description=_("state"))
    def state_label(self, plan: SyncPlan) -> SafeString:
        return badge(_("enabled"), "good") if plan.is_enabled else badge(_("switched off"), "quiet")
