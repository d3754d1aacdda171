"""How clicks reach an exchange, and what a company may call by them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from config.egress.ssh import BadKey, host_keys, private_key
from telephony.admin.text_lists import LinesField
from telephony.models import DialAccess, DialPolicy, Pbx, Transport
from tenants.access import ADMINISTRATORS
from tenants.admin.base import TenantAdmin
from tenants.models import Tenant
from tenants.scoping import current_tenant_id


class DialAccessForm(forms.ModelForm[DialAccess]):
    """The private key is written, never shown."""

    ssh_key = forms.CharField(
        label=_("Private key"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "OpenSSH, without a passphrase. It is never shown again; leave it empty to keep the present one."
        ),
    )

    class Meta:
        model = DialAccess
        # The exchange is added by the page, in the company's scope.
        fields = (
            "is_enabled",
            "transport",
            "template",
            "context",
            "number_form",
            "prefix",
            "caller_id_rule",
            "caller_id",
            "ring_seconds",
            "ssh_host",
            "ssh_port",
            "ssh_user",
            "ssh_key",
            "ssh_host_key",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["ssh_key"] = ""

    def clean_ssh_key(self) -> str:
        given: str = self.cleaned_data["ssh_key"]
        if not given.strip():
            return self.instance.ssh_key
        try:
            private_key(given)
        except BadKey as error:
            raise ValidationError(_("This is no private key without a passphrase.")) from error
        return given

    def clean_ssh_host_key(self) -> str:
        given: str = self.cleaned_data["ssh_host_key"]
        if given.strip():
            try:
                host_keys(given)
            except BadKey as error:
                raise ValidationError(_("This is no host key, such as ssh-ed25519 AAAA…")) from error
        return given


@admin.register(DialAccess)
class DialAccessPage(TenantAdmin):
    form = DialAccessForm
    menu_icon = "settings_phone"
    menu_place = 42
    menu_settings = True
    empty_hint = _(
        "An exchange with a manager interface takes clicks as it is. Add it here to choose how phones and numbers are"
        " named, or to go by SSH."
    )
    view_roles = ADMINISTRATORS
    list_display = ("pbx", "transport", "phone", "context", "is_enabled")
    list_display_links = ("pbx",)
    list_select_related = ("pbx",)
    fieldsets = (
        (None, {"fields": ("pbx", "is_enabled", "transport")}),
        (
            _("How phones and numbers are named"),
            {
                "fields": (
                    "template",
                    "context",
                    "number_form",
                    "prefix",
                    "caller_id_rule",
                    "caller_id",
                    "ring_seconds",
                )
            },
        ),
        ("SSH", {"fields": ("ssh_host", "ssh_port", "ssh_user", "ssh_key", "ssh_host_key")}),
    )

    @display(description=_("the colleague's phone"))
    def phone(self, row: DialAccess) -> str:
        """The command line knows one form only."""
        return row.template if row.transport == Transport.AMI else "Local/{extension}@{context}"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "pbx":
            kwargs["queryset"] = Pbx.objects.order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class DialPolicyForm(forms.ModelForm[DialPolicy]):
    countries = LinesField(
        label=_("Other countries"),
        required=False,
        help_text=_("Two letters each, such as KZ; one in each line."),
    )
    denied_prefixes = LinesField(
        label=_("Numbers that are not called"),
        required=False,
        help_text=_("Beginnings with plus and country code, such as +7809; one in each line."),
    )
    quiet_hours = LinesField(
        label=_("Hours without calls"),
        required=False,
        help_text=_(
            "Such as 22:00-07:00, or sat,sun 00:00-24:00, in the company's time zone; one in each line."
        ),
    )

    class Meta:
        model = DialPolicy
        fields = (
            "is_enabled",
            "allows_own_country",
            "countries",
            "denied_prefixes",
            "allows_premium",
            "quiet_hours",
            "extension_per_minute",
            "extension_per_day",
            "per_minute",
            "per_day",
            "minutes_per_day",
            "alert_after",
        )


@admin.register(DialPolicy)
class DialPolicyPage(TenantAdmin):
    form = DialPolicyForm
    menu_icon = "gpp_good"
    menu_place = 44
    menu_settings = True
    view_roles = ADMINISTRATORS
    withheld = ("add", "delete")  # each company has them once, from its first look on
    list_display = ("name", "is_enabled", "countries_shown", "per_minute", "per_day")
    list_display_links = ("name",)
    list_select_related = ("tenant",)
    fieldsets = (
        (None, {"fields": ("is_enabled", "allows_own_country", "countries", "denied_prefixes", "allows_premium", "quiet_hours")}),
        (_("How often"), {"fields": ("extension_per_minute", "extension_per_day", "per_minute", "per_day", "minutes_per_day")}),
        (_("When it is enough"), {"fields": ("alert_after",)}),
    )  # fmt: skip

    @display(description=_("limits of"))
    def name(self, row: DialPolicy) -> str:
        return str(row.tenant)

    @display(description=_("countries"))
    def countries_shown(self, row: DialPolicy) -> str:
        own = [row.tenant.phone_region] if row.allows_own_country else []
        return ", ".join(dict.fromkeys([*own, *(str(one) for one in row.countries)])) or "—"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """They are in force before anybody changed them, so they are shown."""
        tenant_id = current_tenant_id()
        if tenant_id is not None and self.has_change_permission(request):
            DialPolicy.objects.get_or_create(tenant=Tenant.objects.get(pk=tenant_id))
        return super().changelist_view(request, extra_context)
