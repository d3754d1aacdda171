"""How calls are told to the CRMs, once for a company, and pop-ups as each extension's manager wants them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from telephony.admin.choices import ChoicePage
from telephony.models import CallPolicy, PopupChoice


@admin.register(CallPolicy)
class PolicyPage(ChoicePage):
    menu_icon = "tune"
    menu_place = 56
    menu_settings = True
    empty_hint = _(
        "Nobody has chosen anything yet: pop-ups appear while it rings, a call belongs to who talked last, and a "
        "recording is waited for for a minute."
    )
    list_display = ("title", "popup_mode", "attribution", "recording_wait")
    fields = ("popup_mode", "attribution", "recording_wait")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One is enough: whoever wants another is led to it."""
        row = CallPolicy.objects.first()
        if row is None or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        return HttpResponseRedirect(reverse("admin:telephony_callpolicy_change", args=[row.pk]))

    @admin.display(description=_("company"))
    def title(self, row: CallPolicy) -> str:
        return str(row.tenant)


@admin.register(PopupChoice)
class PopupPage(ChoicePage):
    menu_icon = "ad_units"
    menu_place = 58
    menu_settings = True
    empty_hint = _("Everybody sees pop-ups as the company chose. Add the extensions that want it otherwise.")
    list_display = ("extension", "mode")
    list_filter = ("mode",)
    fields = ("extension", "mode")
