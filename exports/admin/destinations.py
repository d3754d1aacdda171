"""Where exports are carried: first the kind, then its own form, a test, and what was sent there lately."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from exports.actions.save_destination import create_destination, delete_destination, update_destination
from exports.actions.try_destination import try_destination
from exports.admin.destination_form import fields_for, form_for
from exports.destinations import KINDS
from exports.models import DestinationKind, ExportDestination, ExportShipment
from tenants.access import ADMINISTRATORS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin

SHOWN = 20
# What pressing the button does; not every kind can take back what it sent.
_PROBED = _("A small file is written there and removed again, with what is saved.")
_PROBES = {
    DestinationKind.EMAIL: _("A test mail without a file goes to every address, with what is saved."),
    DestinationKind.HTTP: _(
        "A small file is sent there, with what is saved. It cannot be removed from here."
    ),
}


@admin.register(ExportDestination)
class DestinationPage(TenantAdmin):
    menu_place = 410
    menu_icon = "drive_file_move"
    empty_hint = _("Say where finished exports are to be carried: to a mail box, a server, a cloud.")
    view_roles = ADMINISTRATORS
    own_roles = {"try": ADMINISTRATORS}
    buttons = {"try": "try"}
    list_display = ("name", "kind", "is_enabled", "health", "last_success_at")
    list_filter = ("kind", "is_enabled")
    search_fields = ("name",)
    change_form_outer_before_template = "admin/exports/destination.html"
    # For all kinds: a form has those of its own only.
    conditional_fields = {
        "settings__username": "settings__login != 'none' && settings__login != 'bearer'",
        "credentials__password": "settings__login == 'basic' || settings__login == 'password'",
        "credentials__token": "settings__login == 'bearer'",
        "credentials__private_key": "settings__login == 'key'",
        "credentials__passphrase": "settings__login == 'key'",
    }

    class Media:
        css = {"all": ("exports/exports.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportDestination]:
        found: QuerySet[ExportDestination] = super().get_queryset(request)
        is_list = request.resolver_match and str(request.resolver_match.url_name).endswith("changelist")
        return found.defer("credentials") if is_list else found.select_related("tenant")

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.try_view))
        return [path("<uuid:pk>/try/", view, name="exports_exportdestination_try"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First which kind, then its form."""
        if request.GET.get("kind") in KINDS or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Where to?"),
            "opts": self.opts,
            "kinds": DestinationKind.choices,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/exports/kinds.html", context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            (None, {"fields": ["name", *fields_for(self._kind(request, obj))]}),
            (_("File"), {"fields": ["file_name", "is_enabled"]}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        options["form"] = form_for(self._kind(request, obj))
        options["fields"] = ("name", "file_name", "is_enabled")
        return super().get_form(request, obj, change, **options)

    @staticmethod
    def _kind(request: HttpRequest, obj: ExportDestination | None) -> str:
        kind = obj.kind if obj else request.GET.get("kind", "")
        if kind not in KINDS:
            raise Http404
        return kind

    def save_model(self, request: HttpRequest, obj: ExportDestination, form: Any, change: bool) -> None:
        values = {**form.values(), "is_enabled": form.cleaned_data["is_enabled"]}
        if change:
            update_destination(obj, **values)
            return
        made = create_destination(obj.tenant, kind=obj.kind, **values)
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: ExportDestination) -> None:
        delete_destination(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ExportDestination]) -> None:
        for row in queryset:
            delete_destination(row)

    def has_try_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "try")

    def try_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """With what is saved: a probe is written there and removed."""
        row = self.get_queryset(request).filter(pk=pk).first() if self.has_try_permission(request) else None
        if row is None:
            raise Http404
        tried = try_destination(row)
        (messages.success if tried.works else messages.error)(request, tried.text)
        return HttpResponseRedirect(reverse("admin:exports_exportdestination_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        row = options.get("obj")
        if row is not None:
            rows = ExportShipment.objects.filter(destination=row).order_by("-id")
            context |= {"shipments": list(rows[:SHOWN]), "may_try": self.has_try_permission(request)}
            context["what_is_tried"] = _PROBES.get(DestinationKind(row.kind), _PROBED)
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description=_("health"))
    def health(self, row: ExportDestination) -> SafeString:
        if row.is_failing:
            return badge(gettext("failing"), "bad")
        return (
            badge(gettext("works"), "good")
            if row.last_success_at
            else badge(gettext("not tried yet"), "quiet")
        )
