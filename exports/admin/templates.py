"""Templates: which data, which columns in which order, own headings, computed columns; with a look at the first rows."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from exports.admin.progress import filters_in_words
from exports.admin.template_form import TemplateForm
from exports.audience import hidden_from
from exports.chosen import name_of
from exports.computed import BadExpression, compile_expression
from exports.formats import FORMATS
from exports.models import ExportSchedule, ExportTemplate
from exports.preview import preview
from exports.refusals import InvalidRequest
from exports.registry import Dataset, UnknownDataset, all_datasets, get_dataset
from tenants.access import MANAGERS, member_of
from tenants.admin.base import TenantAdmin
from tenants.models import Tenant
from tenants.scoping import current_tenant_id


@admin.register(ExportTemplate)
class ExportTemplatePage(TenantAdmin):
    menu_place = 410
    menu_icon = "bookmark"
    view_roles = write_roles = MANAGERS
    buttons = {"check": "view", "preview": "view"}
    list_display = ("name", "data", "format_title", "column_count", "updated_at")
    search_fields = ("name",)
    empty_hint = _(
        "A template keeps which columns a file has. Save one above any list, or begin with the button here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportTemplate]:
        """Without those of data that this person may not ask for."""
        found: QuerySet[ExportTemplate] = super().get_queryset(request)
        return found.exclude(dataset__in=hidden_from(member_of(request), None))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("check/", wrap(self.check_view), name="exports_exporttemplate_check"),
            path("preview/", wrap(require_POST(self.preview_view)), name="exports_exporttemplate_preview"),
        ]
        return own + super().get_urls()

    def check_view(self, request: HttpRequest) -> JsonResponse:
        """Whether an expression can be read, while it is written."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            dataset = self._dataset(request, request.GET.get("dataset", ""))
        except Http404:
            return JsonResponse({"ok": False, "message": gettext("There is no such data.")}, status=400)
        try:
            program = compile_expression(
                request.GET.get("expression", "")[:1000], dataset.columns, self._tenant().zone
            )
        except BadExpression as error:
            return JsonResponse({"ok": False, "message": str(error)})
        return JsonResponse({"ok": True, "message": gettext("Can be read."), "kind": program.kind})

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """The first rows as they would stand in the file, or what is wrong."""
        dataset = self._dataset(request, request.POST.get("dataset", ""))
        columns = TemplateForm(dataset, request.POST).chosen_columns()
        stored = self._stored(request, request.POST.get("template", ""))
        filters = stored.filters if stored is not None and stored.dataset == dataset.name else {}
        context: dict[str, Any] = {}
        try:
            context["preview"] = preview(self._tenant(), dataset, columns, filters, member_of(request))
        except InvalidRequest as error:
            context["problem"] = error
        return TemplateResponse(request, "admin/exports/preview.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """A form of its own: what can be chosen depends on the data, which is chosen first."""
        template = None
        if object_id is not None:
            template = self.get_object(request, object_id)
            if not self.has_view_permission(request, template):
                raise PermissionDenied
            if template is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        elif not self.has_add_permission(request):
            raise PermissionDenied
        name = template.dataset if template else request.GET.get("dataset", "")
        if not name:
            return self._choose(request)
        try:
            dataset = self._dataset(request, name)
        except Http404:
            messages.error(request, gettext("There is no such data any more."))
            return HttpResponseRedirect(reverse("admin:exports_exporttemplate_changelist"))
        return self._form(request, dataset, template)

    def _form(self, request: HttpRequest, dataset: Dataset, template: ExportTemplate | None) -> HttpResponse:
        form = TemplateForm(dataset, request.POST if request.method == "POST" else None, template)
        if request.method == "POST":
            if not self.has_change_permission(request, template):
                raise PermissionDenied
            if form.is_valid() and (saved := self._saved(request, dataset, form, template)):
                messages.success(request, gettext("The template is saved."))
                return HttpResponseRedirect(reverse("admin:exports_exporttemplate_change", args=[saved.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": template.name
            if template
            else gettext("New template: %(data)s") % {"data": dataset.title},
            "form": form,
            "template": template,
            "dataset": dataset,
            "schedules": ExportSchedule.objects.filter(template=template) if template else (),
            "check_url": reverse("admin:exports_exporttemplate_check"),
            "preview_url": reverse("admin:exports_exporttemplate_preview"),
            "filters": filters_in_words(dataset.name, template.filters if template else {}),
            "media": form.media,
        }
        return TemplateResponse(request, "admin/exports/template.html", context)

    def _saved(
        self, request: HttpRequest, dataset: Dataset, form: TemplateForm, template: ExportTemplate | None
    ) -> ExportTemplate | None:
        row = template or ExportTemplate(tenant=self._tenant(), dataset=dataset.name)
        for name, value in form.values().items():
            setattr(row, name, value)
        try:
            row.full_clean()
        except ValidationError as error:
            form.take_errors(error)
            return None
        self.save_model(request, row, form, change=template is not None)  # type: ignore[arg-type]  # it saves what it is given
        return row

    def _choose(self, request: HttpRequest) -> HttpResponse:
        hidden = hidden_from(member_of(request), None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("New template"),
            "datasets": [one for one in all_datasets() if one.name not in hidden],
        }
        return TemplateResponse(request, "admin/exports/choose_data.html", context)

    def _dataset(self, request: HttpRequest, name: str) -> Dataset:
        """Http404 for data that there is not, or not for this person."""
        if current_tenant_id() is None or not self.has_view_permission(request):
            raise Http404
        try:
            dataset = get_dataset(name)
        except UnknownDataset as error:
            raise Http404 from error
        if dataset.name in hidden_from(member_of(request), None):
            raise Http404
        return dataset

    def _stored(self, request: HttpRequest, key: str) -> ExportTemplate | None:
        return self.get_object(request, key) if key else None

    @staticmethod
    def _tenant() -> Tenant:
        return Tenant.objects.get(pk=current_tenant_id() or 0)

    @admin.display(description=_("data"))
    def data(self, template: ExportTemplate) -> str:
        try:
            return str(get_dataset(template.dataset).title)
        except UnknownDataset:
            return template.dataset

    @admin.display(description=_("format"))
    def format_title(self, template: ExportTemplate) -> str:
        found = FORMATS.get(template.format)
        return str(found.title) if found else template.format

    @admin.display(description=_("columns"))
    def column_count(self, template: ExportTemplate) -> str:
        return (
            str(len([name_of(one) for one in template.columns])) if template.columns else gettext("as usual")
        )
