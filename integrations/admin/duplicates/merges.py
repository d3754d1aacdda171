"""Merges: who became a part of whom, what changed by it, and the button that undoes it."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.merge_records import MergeRefused
from integrations.actions.unmerge_records import unmerge_records
from integrations.admin.duplicates.comparing import shown
from integrations.models import RecordMerge
from integrations.records import RecordKind
from integrations.store.shapes import shape_of
from tenants import audit
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin


@admin.register(RecordMerge)
class RecordMergeAdmin(LogAdmin):
    menu_icon, menu_place = "merge", 60
    view_roles = MANAGERS
    own_roles = {"undo": MANAGERS}
    buttons = {"undo": "undo"}
    heavy = ("before", "after", "links", "references")
    empty_hint = _("Merged contacts and companies appear here; each merge can be undone.")
    list_display = ("created_at", "kept", "parts", "kind", "how", "state_shown")
    list_display_links = ("created_at", "kept")
    list_filter = ("kind", "is_automatic")
    change_form_outer_before_template = "admin/duplicates/merge.html"
    fieldsets = (
        (None, {"fields": ("kind", "created_at", "done_by", "is_automatic", "undone_at", "undone_by")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("<uuid:pk>/undo/", view, name="integrations_recordmerge_undo"), *super().get_urls()]

    def has_undo_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "undo")

    def undo_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        merge = self.get_queryset(request).filter(pk=pk).first()
        if merge is None or not self.has_undo_permission(request):
            raise Http404
        try:
            unmerge_records(merge)
            messages.success(request, gettext("Undone: they are apart again."))
        except MergeRefused as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:integrations_recordmerge_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            columns = shape_of(RecordKind(obj.kind)).columns if obj.kind in set(RecordKind) else {}
            before, after = audit.changed(obj.before, obj.after)
            context["changes"] = [
                (
                    str(columns[name].verbose_name) if name in columns else name,
                    shown(before[name]),
                    shown(after[name]),
                )
                for name in after
            ]
            context["can_undo"] = self.has_undo_permission(request) and obj.undone_at is None
            context["people_address"] = f"admin:integrations_{obj.kind}_change"
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("kept"))
    def kept(self, merge: RecordMerge) -> str:
        return str(merge)[:80]

    @display(description=_("merged"))
    def parts(self, merge: RecordMerge) -> str:
        return ", ".join(str(one.get("title", ""))[:60] for one in merge.losers[:3] if isinstance(one, dict))

    @display(description=_("how"))
    def how(self, merge: RecordMerge) -> str:
        return gettext("by rule") if merge.is_automatic else merge.done_by

    @display(description=_("state"))
    def state_shown(self, merge: RecordMerge) -> SafeString:
        return badge(_("undone"), "quiet") if merge.undone_at else badge(_("in force"), "good")
