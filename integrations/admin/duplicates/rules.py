"""What a company wants to be merged by itself."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
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

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One row for a company: where it is there, it is changed."""
        known = DuplicateRules.objects.first() if self.has_add_permission(request) else None
        if known is not None:
            return HttpResponseRedirect(reverse("admin:integrations_duplicaterules_change", args=[known.pk]))
        return super().add_view(request, form_url, extra_context)

    @display(description=_("rules"))
    def title(self, rules: DuplicateRules) -> str:
        return str(rules)
