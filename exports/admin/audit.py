"""The audit trail's list with the Export button: the room that has the list knows nothing of exports."""

from django.contrib import admin

from exports.admin.button import ExportButtonMixin
from tenants.admin.trail import AuditPage
from tenants.models import AuditEntry

admin.site.unregister(AuditEntry)


@admin.register(AuditEntry)
class ExportableAuditPage(ExportButtonMixin, AuditPage):
    export_dataset = "audit"
