"""Event types of the company's own, and the catalogue of all types beside them."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.base import TenantAdmin
from webhooks.admin.forms import OwnedForm
from webhooks.admin.json_fields import IndentedJSON
from webhooks.catalogue import catalogue, search
from webhooks.models import OwnEventType


class OwnEventTypeForm(OwnedForm):
    schema = IndentedJSON(
        label=_("Schema"),
        rows=12,
        help_text=_("JSON Schema of the data, without $ref and pattern. What contradicts it is refused."),
    )
    example = IndentedJSON(
        label=_("Example"),
        required=False,
        help_text=_("Data that fits the schema; the test button offers it."),
    )

    class Meta:
        model = OwnEventType
        fields = ("name", "title", "description", "schema", "example", "deprecation")


@admin.register(OwnEventType)
class OwnEventTypePage(TenantAdmin):
    menu_place = 245
    menu_icon = "category"
    view_roles = MANAGERS
    buttons = {"catalogue": "view"}
    form = OwnEventTypeForm
    list_display = ("name", "title", "version", "deprecation")
    search_fields = ("name", "title")
    change_list_template = "admin/webhooks/own_event_types.html"
    empty_hint = _("Declare the types of events that your own systems publish; their data is checked then.")
    fieldsets = (
        (None, {"fields": ("name", "title", "description", "schema", "example")}),
        (_("More"), {"fields": ("deprecation",)}),
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Subscribers know a type by its name."""
        return ("name",) if obj else ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.catalogue_view)
        return [path("catalogue/", view, name="webhooks_owneventtype_catalogue"), *super().get_urls()]

    def catalogue_view(self, request: HttpRequest) -> HttpResponse:
        """Every type, with its schema and an example."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        groups: dict[str, list[Any]] = {}
        wanted = request.GET.get("q", "")[:200]
        for one in search(catalogue(), wanted):
            shown = {
                "entry": one,
                "schema": json.dumps(one.schema, ensure_ascii=False, indent=2),
                "example": json.dumps(one.example, ensure_ascii=False, indent=2),
            }
            groups.setdefault(one.name.partition(".")[0], []).append(shown)
        return TemplateResponse(
            request,
            "admin/webhooks/catalogue.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Event catalogue"),
                "groups": groups,
                "wanted": wanted,
            },
        )
