"""Records that could not be taken as they are: in which run, or by which request we were told of them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from integrations.models import SyncFault
from integrations.records import RecordKind
from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin

SHOWN = 120  # characters of a reason in the list


class OriginFilter(admin.SimpleListFilter):
    """Those of runs, or those of requests."""

    title = _("origin")
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("run", _("synchronisation run")), ("request", _("request"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncFault]) -> QuerySet[SyncFault]:
        wanted = self.value()
        return queryset.filter(run__isnull=wanted == "request") if wanted else queryset


@admin.register(SyncFault)
class SyncFaultAdmin(LogAdmin):
    menu_icon = "rule"
    menu_place = 45
    empty_hint = _("Records that a system sends and that cannot be read or kept as they are appear here.")
    view_roles = MANAGERS
    list_display = ("created_at", "system", "kind_label", "outside_id", "why", "origin")
    list_display_links = ("created_at", "outside_id")
    list_filter = (OriginFilter,)
    list_select_related = ("integration", "run__plan__integration")
    fieldsets = (
        (None, {"fields": ("system", "kind_label", "outside_id", "text", "origin")}),
        (_("When"), {"fields": ("created_at", "last_seen_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "system", "kind_label", "origin")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncFault]:
        found: QuerySet[SyncFault] = super().get_queryset(request)
        secret = ("credentials", "own_secrets")
        return found.select_related(*self.list_select_related).defer(
            "run__differences",
            *(f"{path}integration__{name}" for path in ("", "run__plan__") for name in secret),
        )

    @display(description=_("integration"))
    def system(self, fault: SyncFault) -> SafeString:
        row = fault.about.integration
        if row is None:
            return format_html("{}", "—")
        page = reverse("admin:integrations_integration_change", args=[row.pk])
        return format_html('<a class="sb-link" href="{}">{}</a>', page, row)

    @display(description=_("kind"))
    def kind_label(self, fault: SyncFault) -> str:
        kind = fault.about.kind
        return str(RecordKind(kind).label) if kind else "—"

    @display(description=_("what is wrong"))
    def why(self, fault: SyncFault) -> str:
        return Truncator(fault.text).chars(SHOWN)

    @display(description=_("origin"))
    def origin(self, fault: SyncFault) -> SafeString:
        name, pk, text = (
            ("webhooks_inbound", fault.inbound_id, _("request"))
            if fault.run is None
            else ("integrations_syncrun", fault.run.pk, _("synchronisation run"))
        )
        return format_html(
            '<a class="sb-link" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text
        )
