"""The Export button of any admin list: current filters, search or chosen rows, then format and columns, then progress."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.actions import request_export
from exports.admin.form import ExportForm
from exports.admin.list_filters import TooManyRows, filters_of_list
from exports.admin.progress import filters_in_words
from exports.registry import Dataset, get_dataset
from exports.request import ExportRequest, InvalidRequest
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.models import Tenant
from tenants.scoping import current_tenant_id

CHOSEN = "ids"


class ExportButtonMixin(AdminPart):
    """Put it before TenantAdmin and name the dataset: it says who may, for a chosen company."""

    export_dataset: ClassVar[str]
    buttons: ClassVar[Mapping[str, str]] = {"export": "export"}
    change_list_template = "admin/exports/change_list.html"

    @classmethod
    def roles_for(cls, action: str) -> frozenset[str] | None:
        """Exporting takes the dataset's roles."""
        if action == "export":
            return get_dataset(cls.export_dataset).roles
        found: frozenset[str] | None = super().roles_for(action)
        return found

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Operators once they have chosen a company, for a file belongs to one."""
        return bool(self.may(request, "export")) and current_tenant_id() is not None

    def get_urls(self) -> list[URLPattern]:
        own = path("export/", admin.site.admin_view(self.export_view), name=self._export_name())
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        address = (
            f"{reverse(f'admin:{self._export_name()}')}{query}" if self.has_export_permission(request) else ""
        )
        context = {"export_address": address, **(extra_context or {})}
        return super().changelist_view(request, context)

    def _get_base_actions(self) -> Sequence[Any]:
        """Django gathers a list's actions here; a mixin's `actions` would be hidden by the page's own."""
        own = (type(self).export_chosen, "export_chosen", gettext("Export the chosen rows"))
        return [*super()._get_base_actions(), own]

    @admin.action(description=_("Export the chosen rows"), permissions=["export"])
    def export_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """All rows of the list were meant: its filters say so. Some were: their ids do."""
        query = request.GET.copy()
        if request.POST.get("select_across") != "1":
            query.setlist(CHOSEN, [",".join(request.POST.getlist(ACTION_CHECKBOX_NAME))])
        return HttpResponseRedirect(f"{reverse(f'admin:{self._export_name()}')}?{query.urlencode()}")

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for format and columns, then start the job."""
        tenant_id = current_tenant_id()
        if tenant_id is None or not self.has_export_permission(request):
            raise PermissionDenied
        tenant = Tenant.objects.get(pk=tenant_id)
        dataset = get_dataset(self.export_dataset)
        try:
            filters = self._export_filters(request, dataset)
            form = ExportForm(dataset, request.POST if request.method == "POST" else None)
            if form.is_valid():
                asked = ExportRequest(dataset.name, filters=filters, **form.asked())
                export = request_export(tenant, asked, member=member_of(request))
                return HttpResponseRedirect(reverse("admin:exports_export_change", args=[export.pk]))
        except (TooManyRows, InvalidRequest) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self._list_address(request))
        return self._render(request, dataset, form, filters_in_words(dataset.name, filters))

    def _export_filters(self, request: HttpRequest, dataset: Dataset) -> dict[str, Any]:
        chosen = request.GET.get(CHOSEN)
        if chosen:
            return {"ids": chosen.split(",")}
        return filters_of_list(dataset, request, self.get_changelist_instance)

    def _render(
        self, request: HttpRequest, dataset: Dataset, form: ExportForm, words: list[str]
    ) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": gettext("Export: %(title)s") % {"title": dataset.title},
            "opts": dataset.model._meta,
            "form": form,
            "filters": words,
            "back": self._list_address(request),
            "media": form.media,
        }
        return TemplateResponse(request, "admin/exports/export.html", context)

    def _list_address(self, request: HttpRequest) -> str:
        options = self.model._meta
        query = {name: values for name, values in request.GET.lists() if name != CHOSEN}
        address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        return f"{address}?{urlencode(query, doseq=True)}" if query else address

    def _export_name(self) -> str:
        options = self.model._meta
        return f"{options.app_label}_{options.model_name}_export"
