"""The history of exports, with bars that move, and what can be done with each."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from exports.actions import cancel_export, delete_export, rerun_export
from exports.actions.resend_shipment import resend_shipment
from exports.admin.progress import describe, filters_in_words
from exports.audience import hidden_from
from exports.chosen import name_of, title_of
from exports.columns import DatasetColumn
from exports.formats import FORMATS
from exports.models import Export, ExportShipment
from exports.registry import UnknownDataset, get_dataset
from exports.request import InvalidRequest
from tenants.access import MANAGERS, member_of
from tenants.admin.base import LogAdmin

MAX_POLLED = 100


@admin.register(Export)
class ExportPage(LogAdmin):
    menu_place = 400
    empty_hint = _("An export begins at the list that is to be exported: the Export button is above it.")
    menu_icon = "download"
    list_display = ("file_name", "progress", "rows", "size_shown", "requested_by", "created_at")
    list_display_links = ("file_name",)
    list_filter = ("state",)
    search_fields = ("file_name", "requested_by")
    search_help_text = _("File name or person")
    view_roles = MANAGERS
    append_only = False
    withheld = ("add", "change")  # exports begin at the list that is to be exported
    own_roles = {"delete": MANAGERS, "steer": MANAGERS}
    buttons = {"status": "view", "cancel": "steer", "rerun": "steer", "resend": "steer"}
    actions = ("cancel_chosen",)
    change_form_outer_before_template = "admin/exports/progress.html"
    readonly_fields = (
        *("dataset_title", "format_title", "filter_text", "column_text", "language_name"),
        *("encrypted", "size_shown", "duration"),
    )
    fieldsets = (
        (
            _("What was asked for"),
            {"fields": ("dataset_title", "format_title", "filter_text", "column_text", "language_name")},
        ),
        (
            _("Who and when"),
            {"fields": ("requested_by", "created_at", "started_at", "finished_at", "duration", "expires_at")},
        ),
        (_("File"), {"fields": ("file_name", "encrypted", "size_shown", "sha256", "correlation_id")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}
        js = ("exports/progress.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        """Without the files of datasets that this person may not ask for."""
        return super().get_queryset(request).exclude(dataset__in=hidden_from(member_of(request), None))

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To cancel and to repeat."""
        return self.may(request, "steer")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("status/", wrap(self.status_view), name="exports_export_status"),
            path("<uuid:pk>/cancel/", wrap(require_POST(self.cancel_view)), name="exports_export_cancel"),
            path(
                "shipments/<uuid:shipment>/resend/",
                wrap(require_POST(self.resend_view)),
                name="exports_export_resend",
            ),
            path("<uuid:pk>/rerun/", wrap(require_POST(self.rerun_view)), name="exports_export_rerun"),
        ]
        return own + super().get_urls()

    def status_view(self, request: HttpRequest) -> JsonResponse:
        """What the bars of a page need, for the ids that it shows."""
        self._check(request)
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MAX_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of export ids"}, status=400)
        return JsonResponse(
            {"exports": [describe(export) for export in self.get_queryset(request).filter(pk__in=ids)]}
        )

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        if cancel_export(self._find(request, pk)):
            messages.success(request, gettext("The export is cancelled."))
        else:
            messages.warning(request, gettext("The export had ended already."))
        return _to_page(pk)

    def rerun_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        try:
            return _to_page(rerun_export(self._find(request, pk), member=member_of(request)).pk)
        except InvalidRequest as error:
            messages.error(
                request, gettext("This export cannot be repeated: %(problem)s") % {"problem": error}
            )
            return _to_page(pk)

    def resend_view(self, request: HttpRequest, shipment: uuid.UUID) -> HttpResponse:
        """Carry the file to that destination once more, or now."""
        rows = ExportShipment.objects.select_related("export__tenant", "destination")
        found = rows.filter(pk=shipment, export__in=self.get_queryset(request)).first()
        if found is None or not self.has_steer_permission(request):
            raise Http404
        problem = resend_shipment(found)
        if problem:
            messages.warning(request, str(problem))
        else:
            messages.success(
                request, gettext("The file is on its way to %(name)s.") % {"name": found.destination_name}
            )
        return _to_page(found.export_id)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        export = kwargs.get("obj")
        context["live"] = describe(export) if export else None
        if export:
            context["shipments"] = list(ExportShipment.objects.filter(export=export).order_by("id"))
            context["may_steer"] = self.has_steer_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_model(self, request: HttpRequest, obj: Export) -> None:
        delete_export(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Export]) -> None:
        for export in queryset:
            delete_export(export)

    @admin.action(description=_("Cancel the chosen exports"), permissions=["steer"])
    def cancel_chosen(self, request: HttpRequest, queryset: QuerySet[Export]) -> None:
        count = sum(cancel_export(export) for export in queryset)
        messages.success(request, gettext("Cancelled: %(count)d.") % {"count": count})

    @admin.display(description=_("progress"))
    def progress(self, export: Export) -> SafeString:
        return render_to_string("admin/exports/bar.html", {"live": describe(export), "in_list": True})

    @admin.display(description=_("rows"))
    def rows(self, export: Export) -> str:
        return describe(export)["rows"]

    @admin.display(description=_("ZIP with a password"), boolean=True)
    def encrypted(self, export: Export) -> bool:
        return export.is_encrypted

    @admin.display(description=_("size"))
    def size_shown(self, export: Export) -> str:
        return filesizeformat(export.size) if export.size else "—"

    @admin.display(description=_("data"))
    def dataset_title(self, export: Export) -> str:
        try:
            return str(get_dataset(export.dataset).title)
        except UnknownDataset:
            return export.dataset

    @admin.display(description=_("format"))
    def format_title(self, export: Export) -> str:
        chosen = FORMATS.get(export.format)
        return str(chosen.title) if chosen else export.format

    @admin.display(description=_("language"))
    def language_name(self, export: Export) -> str:
        return str(dict(settings.LANGUAGES).get(export.language, export.language))

    @admin.display(description=_("filters"))
    def filter_text(self, export: Export) -> str:
        return "; ".join(filters_in_words(export.dataset, export.filters)) or gettext("none")

    @admin.display(description=_("columns"))
    def column_text(self, export: Export) -> str:
        try:
            known: Mapping[str, DatasetColumn] = get_dataset(export.dataset).columns
        except UnknownDataset:
            known = {}
        return ", ".join(
            title_of(one) or str(known[name_of(one)].heading if name_of(one) in known else name_of(one))
            for one in export.columns
        )

    @admin.display(description=_("duration"))
    def duration(self, export: Export) -> str:
        if export.seconds is None:
            return "—"
        return gettext("%(seconds)s s") % {"seconds": number_format(export.seconds, 1)}

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Http404

    def _find(self, request: HttpRequest, pk: uuid.UUID) -> Export:
        if not self.has_steer_permission(request):
            raise Http404
        export = self.get_queryset(request).select_related("tenant").filter(pk=pk).first()
        if export is None:
            raise Http404
        return export


def _to_page(pk: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:exports_export_change", args=[pk]))
