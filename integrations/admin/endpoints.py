"""The list of endpoints with its buttons: the room that has the list knows nothing of files."""

from typing import Any, ClassVar

from django.contrib import admin

from exports.admin.import_button import ImportButtonMixin
from webhooks.admin.endpoints import EndpointPage
from webhooks.models import Endpoint

admin.site.unregister(Endpoint)


@admin.register(Endpoint)
class ImportableEndpointPage(ImportButtonMixin, EndpointPage):
    export_dataset = "endpoints"
    buttons: ClassVar[Any] = {**EndpointPage.buttons, **ImportButtonMixin.buttons}
