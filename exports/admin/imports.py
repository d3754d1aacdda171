"""The history of imports; the page of one is its preview, where it is written and undone."""

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

from exports.actions import NotNow, apply_import, cancel_import, delete_import, undo_import
from exports.admin.import_button import page_of
from exports.admin.import_progress import chips, describe, headings_of, row_shown
from exports.imports.audience import hidden_from
from exports.imports.refused import FileRefused
from exports.models import Import, ImportRow, RowAction, RowOutcome
from exports.registry import UnknownDataset, get_dataset
from tenants.access import MANAGERS, member_of
from tenants.admin.base import LogAdmin

MAX_POLLED = 100
SHOWN = 50


@admin.register(Import)
class ImportPage(LogAdmin):
    menu_place = 401
    menu_icon = "upload_file"
    empty_hint = _("An import begins at the list that a file belongs to: the Import button is above it.")
    list_display = (
        "file_name",
        "dataset_title",
        "bar",
        "new",
        "changed",
        "errors",
        "actor",
        "created_at",
    )
    list_display_links = ("file_name",)
    list_filter = ("state",)
    search_fields = ("file_name", "actor")
    search_help_text = _("File name or person")
    view_roles = MANAGERS
    append_only = False
    withheld = ("add", "change")  # imports begin at the list that a file belongs to
    own_roles = {"delete": MANAGERS, "steer": MANAGERS}
    buttons = {"status": "view", "apply": "steer", "undo": "steer", "cancel": "steer"}
    change_form_outer_before_template = "admin/imports/page.html"
    readonly_fields = ("dataset_title", "columns_shown")
    fieldsets = (
        (
            _("File"),
            {"fields": ("file_name", "dataset_title", "mode", "columns_shown", "encoding", "sha256")},
        ),
        (
            _("Who and when"),
            {"fields": ("actor", "created_at", "finished_at", "expires_at", "correlation_id")},
        ),
    )

    class Media:
        css = {"all": ("exports/exports.css", "exports/imports.css")}
        js = ("exports/progress.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Without those of data that this person may not import."""
        return super().get_queryset(request).exclude(dataset__in=hidden_from(member_of(request), None))

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To write, to undo, to cancel."""
        return self.may(request, "steer")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views = {"apply": self.apply_view, "undo": self.undo_view, "cancel": self.cancel_view}
        own = [
            path(f"<uuid:pk>/{name}/", wrap(require_POST(view)), name=f"exports_import_{name}")
            for name, view in views.items()
        ]
        status = path("status/", wrap(self.status_view), name="exports_import_status")
        return [status, *own, *super().get_urls()]

    def status_view(self, request: HttpRequest) -> JsonResponse:
        """What the bars of a page need, for the ids that it shows."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MAX_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of import ids"}, status=400)
        found = self.get_queryset(request).filter(pk__in=ids)
        return JsonResponse({"exports": [describe(job) for job in found]})

    def apply_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return self._steer(request, pk, apply_import, _("The rows are being written."))

    def undo_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return self._steer(request, pk, undo_import, _("What was written is being taken back."))

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        if cancel_import(self._find(request, pk)):
            messages.success(request, gettext("The import is cancelled."))
        else:
            messages.warning(request, gettext("The import had ended already."))
        return _to_page(pk)

    def _steer(self, request: HttpRequest, pk: uuid.UUID, steer: Any, text: Any) -> HttpResponse:
        try:
            steer(self._find(request, pk), member=member_of(request))
            messages.success(request, text)
        except (NotNow, FileRefused) as error:
            messages.error(request, str(error))
        return _to_page(pk)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job: Import | None = kwargs.get("obj")
        if job is not None:
            context |= self._preview(request, job)
        return super().render_change_form(request, context, *args, **kwargs)

    def _preview(self, request: HttpRequest, job: Import) -> dict[str, Any]:
        """A page of rows behind the one that was shown last: the next page costs what the first one does."""
        chosen = {
            name: value
            for name, known in (("action", RowAction.values), ("outcome", RowOutcome.values))
            if (value := request.GET.get(name)) in known and value
        }
        after = request.GET.get("after", "")
        start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
        rows = list(
            ImportRow.objects.filter(job=job, number__gt=start, **_narrowed(chosen)).order_by("number")[
                : SHOWN + 1
            ]
        )
        headings = headings_of(job)
        return {
            "live": describe(job),
            "chips": chips(job),
            "chosen": chosen,
            "rows": [row_shown(row, headings) for row in rows[:SHOWN]],
            "next_after": rows[SHOWN - 1].number if len(rows) > SHOWN else None,
            "is_first": start == 0,
            "upload_address": self._upload_address(request, job),
            "can_steer": self.has_steer_permission(request),
        }

    def _upload_address(self, request: HttpRequest, job: Import) -> str:
        """Where the next file of this data goes, for whoever may bring one."""
        page = page_of(job.dataset)
        return page.import_address() if page is not None and page.has_import_permission(request) else ""

    def delete_model(self, request: HttpRequest, obj: Import) -> None:
        delete_import(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        for job in queryset:
            delete_import(job)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its rows go with it and are nothing to be listed one by one: there may be a million."""
        return [str(job) for job in objs], {}, set(), []

    @admin.display(description=_("progress"))
    def bar(self, job: Import) -> SafeString:
        return render_to_string("admin/exports/bar.html", {"live": describe(job), "in_list": True})

    @admin.display(description=_("data"))
    def dataset_title(self, job: Import) -> str:
        try:
            return str(get_dataset(job.dataset).title)
        except UnknownDataset:
            return job.dataset

    @admin.display(description=_("columns"))
    def columns_shown(self, job: Import) -> str:
        return ", ".join(heading for heading, _name in job.columns) or "—"

    def _find(self, request: HttpRequest, pk: uuid.UUID) -> Import:
        if not self.has_steer_permission(request):
            raise Http404
        job = self.get_queryset(request).select_related("tenant").filter(pk=pk).first()
        if job is None:
            raise Http404
        return job


def _narrowed(chosen: dict[str, str]) -> dict[str, Any]:
    """Rows that were taken back in part are counted with those that were not."""
    if chosen.get("outcome") != RowOutcome.KEPT:
        return {**chosen}
    others = {name: value for name, value in chosen.items() if name != "outcome"}
    return {**others, "outcome__in": (RowOutcome.KEPT, RowOutcome.PARTLY)}


def _to_page(pk: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:exports_import_change", args=[pk]))
