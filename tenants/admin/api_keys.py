"""API keys: making, changing, rotating and revoking them."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from tenants.actions.change_key import change_key
from tenants.actions.create_key import create_key
from tenants.actions.rotate_key import rotate_key
from tenants.admin.machines import MachineForm, MachinePage
from tenants.models import ApiKey
from tenants.scoping import current_tenant_id

OVERLAPS = (
    (0, _("end at once")),
    (1, _("work for one more hour")),
    (24, _("work for one more day")),
    (168, _("work for one more week")),
)


class ApiKeyForm(MachineForm):
    class Meta:
        model = ApiKey
        fields = (
            "name",
            "scopes",
            "expires_at",
            "allowed_networks",
            "requests_per_minute",
            "must_sign",
            "is_active",
        )


class RotationForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        label=_("The old one shall"),
        choices=OVERLAPS,
        coerce=int,
        initial=24,
        widget=UnfoldAdminSelectWidget(),
    )


@admin.register(ApiKey)
class ApiKeyPage(MachinePage):
    menu_icon = "key"
    menu_place = 530
    form = ApiKeyForm
    list_display = ("name", "prefix", "scope_text", "expires_at", "last_used_at", "works")
    list_filter = ("is_active", "must_sign")
    search_fields = ("name", "prefix")
    actions = ("revoke_selected",)
    made_title = _("Key created")
    buttons = {"rotate": "change", "revoke": "change"}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        limits = ["expires_at", "allowed_networks", "requests_per_minute", "must_sign", "is_active"]
        return [(None, {"fields": ["name", "scopes"]}), (_("Limits"), {"fields": limits})]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views = {"rotate": self.rotate_view, "revoke": self.revoke_view}
        own = [
            path(f"<uuid:pk>/{name}/", wrap(view), name=f"tenants_apikey_{name}")
            for name, view in views.items()
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.shown_secret = change_key(obj)
        else:
            obj.tenant_id = obj.tenant_id or current_tenant_id()
            obj.shown_secret = create_key(obj)

    def rotate_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """A new key; the old one works on for a chosen time."""
        key = self.writable(request, pk)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            secret = rotate_key(key, timedelta(hours=form.cleaned_data["overlap_hours"]))
            return self.show_secret(
                request, key, secret, _("New signing secret") if key.must_sign else _("New key")
            )
        return self.ask(
            request,
            key,
            title=_("New signing secret") if key.must_sign else _("New key"),
            text=_("“%(name)s” gets a new secret, shown once on the next page.") % {"name": key.name},
            button=_("Make a new one"),
            form=form,
        )

    def revoke_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        key = self.writable(request, pk)
        if request.method == "POST":
            _revoke(key)
            messages.success(request, gettext("The key is revoked."))
            return HttpResponseRedirect(self.page(pk))
        return self.ask(
            request,
            key,
            title=_("Revoke"),
            text=_(
                "“%(name)s” is refused from now on: at once here, within ten seconds on every other web server."
            )
            % {"name": key.name},
            button=_("Revoke"),
        )

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: Any) -> None:
        keys = list(queryset.filter(is_active=True))
        for key in keys:
            _revoke(key)
        count = len(keys)
        messages.success(
            request,
            ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", count) % {"count": count},
        )


def _revoke(key: ApiKey) -> None:
    key.is_active = False
    change_key(key)
