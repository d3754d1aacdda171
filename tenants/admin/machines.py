"""Machines that may enter: API keys, and trusted systems that trade a secret for tokens."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    get_access_token_model,
    get_device_grant_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from tenants.access import ADMINISTRATORS
from tenants.actions.change_key import change_key
from tenants.actions.create_key import create_key
from tenants.actions.renew_secret import create_application, renew_secret
from tenants.actions.rotate_key import rotate_key
from tenants.addresses import clean_networks
from tenants.admin.base import TenantAdmin
from tenants.admin.scope_choice import ScopeField
from tenants.keys import forget_keys
from tenants.models import ApiKey, MachineCredential, OAuthApplication
from tenants.scopes import clean_scopes
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

SHOWN_SCOPES = 4
OVERLAPS = (
    (0, _("end at once")),
    (1, _("work for one more hour")),
    (24, _("work for one more day")),
    (168, _("work for one more week")),
)


class MachineForm(forms.ModelForm):
    scopes = ScopeField(label=_("Scopes"))
    allowed_networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("One a line, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32. Empty: from everywhere."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "allowed_networks" in self.fields:
            self.initial["allowed_networks"] = "\n".join(self.instance.allowed_networks)
        if "requests_per_minute" in self.fields:
            self.fields["requests_per_minute"].help_text = _("Empty: what the installation allows.")

    def clean_scopes(self) -> list[str]:
        return clean_scopes(self.cleaned_data["scopes"])

    def clean_allowed_networks(self) -> list[str]:
        return clean_networks(self.cleaned_data["allowed_networks"].replace(",", " ").split())


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


class OAuthApplicationForm(MachineForm):
    class Meta:
        model = OAuthApplication
        fields = ("name", "scopes", "expires_at", "allowed_networks", "requests_per_minute", "is_active")


class RotationForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        label=_("The old one shall"),
        choices=OVERLAPS,
        coerce=int,
        initial=24,
        widget=UnfoldAdminSelectWidget(),
    )


class MachinePage(TenantAdmin):
    """What keys and trusted systems share. Secrets are shown on a page of their own, never kept in a cookie."""

    view_roles = ADMINISTRATORS
    list_filter: tuple[str, ...] = ("is_active",)
    search_fields: tuple[str, ...] = ("name",)
    change_form_outer_before_template = "admin/machines/head.html"

    class Media:
        css = {"all": ("tenants/machines.css",)}

    @admin.display(description=_("scopes"))
    def scope_text(self, machine: MachineCredential) -> str:
        rest = len(machine.scopes) - SHOWN_SCOPES
        return ", ".join(machine.scopes[:SHOWN_SCOPES]) + (f" +{rest}" if rest > 0 else "")

    @display(description=_("active"), boolean=True)
    def works(self, machine: MachineCredential) -> bool:
        from django.utils import timezone

        return machine.is_active and not machine.is_over(timezone.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        forget_keys()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        forget_keys()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Not a redirect: the secret must not lie in a cookie or a session."""
        return self.show_secret(request, obj, obj.shown_secret, self.made_title)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        secret = getattr(obj, "shown_secret", None)
        if secret:
            return self.show_secret(request, obj, secret, _("Signing secret"))
        return super().response_change(request, obj)

    made_title: str | Promise = ""

    def show_secret(
        self, request: HttpRequest, machine: MachineCredential, secret: str, title: str | Promise
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/machines/secret.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "machine": machine,
                "secret": secret,
                "is_key": isinstance(machine, ApiKey),
                "next": self.page(machine.pk),
            },
            headers={"Cache-Control": "no-store"},
        )

    def page(self, pk: uuid.UUID) -> str:
        return reverse(f"admin:tenants_{self.opts.model_name}_change", args=[pk])

    def writable(self, request: HttpRequest, pk: uuid.UUID) -> Any:
        machine = self.get_queryset(request).filter(pk=pk).first()
        if machine is None or not self.has_change_permission(request, machine):
            raise Http404
        return machine

    def ask(self, request: HttpRequest, machine: MachineCredential, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "back": self.page(machine.pk)}
        return TemplateResponse(request, "admin/machines/confirm.html", context | shown)


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


def _revoke(key: ApiKey) -> None:
    key.is_active = False
    change_key(key)
