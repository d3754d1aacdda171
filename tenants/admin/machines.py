"""What the pages of API keys and of trusted systems share."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants.access import ADMINISTRATORS
from tenants.addresses import clean_networks
from tenants.admin.base import TenantAdmin
from tenants.admin.scope_choice import ScopeField
from tenants.keys import forget_keys
from tenants.models import ApiKey, MachineCredential
from tenants.scopes import clean_scopes

SHOWN_SCOPES = 4


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
