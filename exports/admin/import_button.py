"""The Import button of an admin list: a file and what to do with it, then the preview."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from exports.actions import ImportRequest, request_export, request_import
from exports.admin.button import ExportButtonMixin
from exports.admin.import_form import ImportForm
from exports.imports.importer import importer_of
from exports.registry import get_dataset
from exports.request import ExportRequest, InvalidRequest
from tenants.access import member_of
from tenants.models import Tenant
from tenants.scoping import current_tenant_id


class ImportButtonMixin(ExportButtonMixin):
    """Put it before TenantAdmin, in place of ExportButtonMixin, where the dataset has an importer."""

    import_title: ClassVar[Any] = _("Import")
    import_dataset: ClassVar[str] = ""  # where it is not the one that is exported
    buttons: ClassVar[Any] = {**ExportButtonMixin.buttons, "import": "import", "import_start": "import"}

    @classmethod
    def imported(cls) -> str:
        """The name of the dataset that files are taken for."""
        return cls.import_dataset or cls.export_dataset

    @classmethod
    def roles_for(cls, action: str) -> frozenset[str] | None:
        """Importing takes the importer's roles."""
        if action == "import":
            return importer_of(cls.imported()).roles
        return super().roles_for(action)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Operators once they have chosen a company."""
        return bool(self.may(request, "import")) and current_tenant_id() is not None

    def get_urls(self) -> list[URLPattern]:
        wrap, name = admin.site.admin_view, self._import_name()
        own = [
            path("import/", wrap(self.import_view), name=name),
            path("import-start/", wrap(require_POST(self.import_start_view)), name=f"{name}_start"),
        ]
        return [*own, *super().get_urls()]

    def import_address(self) -> str:
        return reverse(f"admin:{self._import_name()}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        address = self.import_address() if self.has_import_permission(request) else ""
        context = {"import_address": address, "import_title": self.import_title, **(extra_context or {})}
        return super().changelist_view(request, context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take the file, then lead to what it would do."""
        tenant_id = current_tenant_id()
        if tenant_id is None or not self.has_import_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            asked = ImportRequest(self.imported(), form.cleaned_data["file"], form.cleaned_data["mode"])
            try:
                job = request_import(Tenant.objects.get(pk=tenant_id), asked, member=member_of(request))
                return HttpResponseRedirect(reverse("admin:exports_import_change", args=[job.pk]))
            except InvalidRequest as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        return self._render_import(request, form)

    def import_start_view(self, request: HttpRequest) -> HttpResponse:
        """Export what is there with the columns that an import takes: a file to be changed and given back."""
        tenant_id = current_tenant_id()
        if tenant_id is None or not self.has_import_permission(request):
            raise PermissionDenied
        asked = ExportRequest(self.imported(), "xlsx", columns=importer_of(self.imported()).columns)
        try:
            export = request_export(Tenant.objects.get(pk=tenant_id), asked, member=member_of(request))
        except InvalidRequest as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self.import_address())
        return HttpResponseRedirect(reverse("admin:exports_export_change", args=[export.pk]))

    def _render_import(self, request: HttpRequest, form: ImportForm) -> HttpResponse:
        dataset, importer = get_dataset(self.imported()), importer_of(self.imported())
        options = self.model._meta
        context = {
            **admin.site.each_context(request),
            "title": gettext("Import: %(title)s") % {"title": dataset.title},
            "opts": options,
            "form": form,
            "columns": [dataset.columns[name].heading for name in importer.columns],
            "needed": [dataset.columns[name].heading for name in importer.needed],
            "any_of": [dataset.columns[name].heading for name in importer.any_of],
            "hint": importer.hint,
            "start": reverse(f"admin:{self._import_name()}_start"),
            "back": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/imports/upload.html", context)

    def _import_name(self) -> str:
        options = self.model._meta
        return f"{options.app_label}_{options.model_name}_import"


def page_of(dataset: str) -> ImportButtonMixin | None:
    """The admin page whose button imports that data."""
    for page in admin.site._registry.values():
        if isinstance(page, ImportButtonMixin) and page.imported() == dataset:
            return page
    return None
