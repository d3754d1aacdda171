"""What a company wants to be merged by itself."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from integrations.models import DuplicateRules
from tenants.access import MANAGERS
from tenants.admin.base import TenantAdmin


@admin.register(DuplicateRules)
class DuplicateRulesAdmin(TenantAdmin):
    view_roles = MANAGERS
    menu_icon, menu_place = "rule", 61
    empty_hint = _("Without rules, nothing is merged by itself, and duplicates are looked for every night.")
    list_display = ("title", "contacts", "companies", "is_nightly")
    list_display_links = ("title",)
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One row for a company."""
        return super().has_add_permission(request, obj) and not DuplicateRules.objects.exists()

    @display(description=_("rules"))
    def title(self, rules: DuplicateRules) -> str:
        return str(rules)
