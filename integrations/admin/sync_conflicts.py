"""Records that both sides changed: what each says, and the decision."""

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

from integrations.actions.resolve_conflict import resolve_conflict
from integrations.admin.duplicates.comparing import shown
from integrations.models import Resolution, SyncConflict
from integrations.records import RecordKind
from integrations.store.shapes import LINES, shape_of
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin


class OpenFilter(admin.SimpleListFilter):
    """Those that wait."""

    title = _("decision")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("still open"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncConflict]) -> QuerySet[SyncConflict]:
        return queryset.filter(resolution="") if self.value() else queryset


@admin.register(SyncConflict)
class SyncConflictAdmin(LogAdmin):
    menu_icon = "call_split"
    menu_place = 44
    empty_hint = _("Where a person decides about conflicts, they wait here.")
    view_roles = MANAGERS
    own_roles = {"resolve": MANAGERS}
    buttons = {"resolve": "resolve"}
    list_display = ("created_at", "name", "kind", "columns", "decision")
    list_display_links = ("created_at", "name")
    list_filter = (OpenFilter,)
    change_form_outer_before_template = "admin/sync/conflict.html"
    fieldsets = (
        (None, {"fields": ("name", "kind", "created_at", "decision", "resolved_at", "resolved_by")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "name", "decision")

    def has_resolve_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "resolve")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.resolve_view))
        own = path("<uuid:pk>/resolve/", view, name="integrations_syncconflict_resolve")
        return [own, *super().get_urls()]

    def resolve_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        conflict = self.get_queryset(request).filter(pk=pk).first()
        if conflict is None or not self.has_resolve_permission(request):
            raise Http404
        wanted = request.POST.get("resolution")
        if wanted not in Resolution.values:
            messages.error(request, gettext("Choose one of the two."))
        elif resolve_conflict(conflict, Resolution(wanted)):
            messages.success(request, gettext("Decided. Both sides will be brought into line."))
        else:
            messages.warning(request, gettext("Somebody has decided this already."))
        return HttpResponseRedirect(reverse("admin:integrations_syncconflict_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["sides"] = [
                (_heading(obj.kind, name), *(shown(pair.get(side) or "") for side in Resolution.values))
                for name, pair in obj.fields.items()
            ]
            context["can_resolve"] = self.has_resolve_permission(request) and not obj.resolution
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("record"))
    def name(self, conflict: SyncConflict) -> str:
        return str(conflict)

    @display(description=_("fields"))
    def columns(self, conflict: SyncConflict) -> str:
        return ", ".join(_heading(conflict.kind, name) for name in conflict.fields)

    @display(description=_("decision"))
    def decision(self, conflict: SyncConflict) -> SafeString:
        if not conflict.resolution:
            return badge(_("still open"), "warn")
        return badge(conflict.get_resolution_display(), "good")


def _heading(kind: str, name: str) -> str:
    """What people call that column."""
    if name == LINES:
        return gettext("Lines")
    columns = shape_of(RecordKind(kind)).columns if kind in set(RecordKind) else {}
    return str(columns[name].verbose_name) if name in columns else name
