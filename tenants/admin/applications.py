"""Trusted systems, which trade a secret for tokens."""

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    get_access_token_model,
    get_device_grant_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from tenants.actions.renew_secret import create_application, renew_secret
from tenants.admin.machines import MachineForm, MachinePage
from tenants.keys import forget_keys
from tenants.models import OAuthApplication
from tenants.scoping import current_tenant_id

for _model in (
    OAuthApplication,
    get_access_token_model(),
    get_device_grant_model(),
    get_grant_model(),
    get_id_token_model(),
    get_refresh_token_model(),
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)  # the library's own pages know neither companies nor roles


class OAuthApplicationForm(MachineForm):
    class Meta:
        model = OAuthApplication
        fields = ("name", "scopes", "expires_at", "allowed_networks", "requests_per_minute", "is_active")


@admin.register(OAuthApplication)
class OAuthApplicationPage(MachinePage):
    menu_icon = "deployed_code_account"
    menu_place = 535
    form = OAuthApplicationForm
    list_display = ("name", "client_id", "scope_text", "expires_at", "last_used_at", "works")
    search_fields = ("name", "client_id")
    made_title = _("Trusted system created")
    buttons = {"secret": "change"}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        limits = ["expires_at", "allowed_networks", "requests_per_minute", "is_active"]
        return [(None, {"fields": ["name", "scopes"]}), (_("Limits"), {"fields": limits})]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/secret/", wrap(self.secret_view), name="tenants_oauthapplication_secret")
        return [own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            forget_keys()
        else:
            obj.tenant_id = obj.tenant_id or current_tenant_id()
            obj.shown_secret = create_application(obj)

    def secret_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """A new client secret; the old one and its tokens end at once."""
        application = self.writable(request, pk)
        if request.method == "POST":
            return self.show_secret(request, application, renew_secret(application), _("New client secret"))
        return self.ask(
            request,
            application,
            title=_("New client secret"),
            text=_("“%(name)s” gets a new secret. The old one and the tokens that it bought end at once.")
            % {"name": application.name},
            button=_("Make a new one"),
        )
