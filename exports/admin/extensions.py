"""The list of extensions with its buttons: the room that has the list knows nothing of files."""

from django.contrib import admin

from exports.admin.import_button import ImportButtonMixin
from tenants.admin.companies import ExtensionPage
from tenants.models import Extension

admin.site.unregister(Extension)


@admin.register(Extension)
class ImportableExtensionPage(ImportButtonMixin, ExtensionPage):
    export_dataset = "extensions"
