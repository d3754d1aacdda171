"""The Export button of any admin list: current filters, search or chosen rows, then format and columns, then progress."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.actions import request_export
from exports.actions.save_template import save_template
from exports.admin.form import ExportForm
from exports.admin.list_filters import TooManyRows, UnknownFilter, filters_of_list
from exports.admin.progress import filters_in_words
from exports.models import ExportDestination, ExportTemplate
from exports.registry import Dataset, get_dataset
from exports.request import ExportRequest, InvalidRequest
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.models import Tenant
from tenants.scoping import current_tenant_id

CHOSEN = "ids"
TEMPLATE = "_template"


def taken_template(request: HttpRequest, dataset: Dataset) -> ExportTemplate | None:
    """The template that the address names; the list behind it knows nothing of that."""
    query = request.GET.copy()
    wanted = query.pop(TEMPLATE, [""])[-1]
    request.GET = query  # type: ignore[assignment]  # as immutable as before for whoever reads it
    try:
        key = uuid.UUID(wanted)
    except ValueError:
        return None
    return ExportTemplate.objects.filter(pk=key, dataset=dataset.name).first()


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
        template = taken_template(request, dataset)
        try:
            filters = self._export_filters(request, dataset)
        except (TooManyRows, UnknownFilter, InvalidRequest) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self._list_address(request))
        start = template.asked() if template else None
        filters = {**(start or {}).get("filters", {}), **filters}
        form = ExportForm(dataset, request.POST if request.method == "POST" else None, start, _places())
        done = self._exported(request, tenant, dataset, form, filters) if form.is_valid() else None
        return done or self._render_export(request, dataset, form, filters, template)

    def _exported(
        self,
        request: HttpRequest,
        tenant: Tenant,
        dataset: Dataset,
        form: ExportForm,
        filters: dict[str, Any],
    ) -> HttpResponse | None:
        """The job's page, or that of the template; None where the form says what is wrong."""
        asked = {"dataset": dataset.name, "filters": filters, **form.asked()}
        try:
            if "save_template" in request.POST:
                saved = save_template(tenant, request.POST.get("template_name", "").strip(), asked)
                messages.success(request, gettext("The template is saved."))
                return HttpResponseRedirect(reverse("admin:exports_exporttemplate_change", args=[saved.pk]))
            places = form.cleaned_data.get("destinations", ())
            wanted = ExportRequest.of(asked)
            export = request_export(tenant, wanted, member=member_of(request), destinations=places)
        except InvalidRequest as error:
            form.refuse(error)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return HttpResponseRedirect(reverse("admin:exports_export_change", args=[export.pk]))
        return None

    def _export_filters(self, request: HttpRequest, dataset: Dataset) -> dict[str, Any]:
        chosen = request.GET.get(CHOSEN)
        if chosen:
            return {"ids": chosen.split(",")}
        return filters_of_list(dataset, request, self.get_changelist_instance)

    def _render_export(
        self,
        request: HttpRequest,
        dataset: Dataset,
        form: ExportForm,
        filters: dict[str, Any],
        template: ExportTemplate | None,
    ) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": gettext("Export: %(title)s") % {"title": dataset.title},
            "opts": dataset.model._meta,
            "form": form,
            "filters": filters_in_words(dataset.name, filters),
            "templates": ExportTemplate.objects.filter(dataset=dataset.name).only("id", "name"),
            "chosen_template": template,
            "template_name": request.POST.get("template_name", ""),
            "check_url": reverse("admin:exports_exporttemplate_check"),
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


def _places() -> list[tuple[str, str]]:
    """Of the company in scope, those that can be chosen."""
    found = ExportDestination.objects.filter(is_enabled=True).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in found]
