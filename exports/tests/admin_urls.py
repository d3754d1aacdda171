"""Routes in which the audit list has the export button, as lists of the rooms above have it."""

from django.contrib import admin
from django.urls import include, path

from exports.admin.button import ExportButtonMixin
from tenants.admin.base import LogAdmin
from tenants.models import AuditEntry


class AuditPageWithButton(ExportButtonMixin, LogAdmin):
    export_dataset = "audit"
    list_display = ("created_at", "actor", "object_name")
    list_filter = ("actor_kind", "address")
    search_fields = ("actor", "action", "object_name")
    exclude = ()


PAGE = AuditPageWithButton(AuditEntry, admin.site)

_patterns, _app, _name = admin.site.urls
_with_page = [path("tenants/auditentry/", include(PAGE.get_urls())), *_patterns]

urlpatterns = [path("admin/", (_with_page, _app, _name)), path("", include("config.urls"))]
