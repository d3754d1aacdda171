"""Companies and their internal numbers."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tenants.access import NOBODY, is_operator
from tenants.actions.save_mobiles import mobiles_of, save_mobiles
from tenants.admin.base import SwitchboardAdmin, TenantAdmin
from tenants.admin.dashboard import Step, setup_steps
from tenants.admin.extension_form import ExtensionForm
from tenants.models import Extension, Tenant
from tenants.scoping import current_tenant_id


@admin.register(Tenant)
class TenantPage(SwitchboardAdmin):
    """Operators manage companies; members see their own and, as administrators, change its name and zone."""

    menu_icon = "apartment"
    menu_place = 500
    own_roles = {"add": NOBODY, "delete": NOBODY}
    list_display = ("number", "name", "timezone", "phone_region", "is_active")
    list_filter = ("is_active",)
    search_fields = ("number", "name")
    fields = ("number", "name", "timezone", "phone_region", "language", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        found = super().get_queryset(request)
        return found if is_operator(request) else found.filter(pk=current_tenant_id())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What opens the operator's own network, or tells of the installation, is nobody else's business, not even to read."""
        return (*self.fields, "egress_allow", "hears_system_alerts") if is_operator(request) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if is_operator(request) else ("number", "is_active")


@admin.register(Extension)
class ExtensionPage(TenantAdmin):
    menu_icon = "dialpad"
    menu_place = 510
    empty_hint = _("Enter the internal numbers of your staff, such as 150, and whose they are.")
    form = ExtensionForm
    fields = ("number", "name", "mobile_numbers")
    list_display = ("number", "name", "mobile_numbers")
    search_fields = ("number", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extension]:
        found: QuerySet[Extension] = super().get_queryset(request)
        return found.prefetch_related("mobiles")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            save_mobiles(obj, form.cleaned_data["mobile_numbers"])

    @display(description=_("mobile numbers"))
    def mobile_numbers(self, row: Extension) -> str:
        return ", ".join(mobiles_of(row)) or "—"


@setup_steps
def numbers(request: HttpRequest) -> list[Step]:
    return [
        Step(
            gettext("Enter the internal numbers"),
            gettext("The extensions of your staff, such as 150, and whose they are."),
            reverse("admin:tenants_extension_changelist"),
            Extension.objects.exists(),
            20,
        )
    ]
