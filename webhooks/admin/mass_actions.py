"""What is done to many deliveries: how far it is, and an end to it."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tenants.access import MANAGERS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin
from webhooks.actions import mass
from webhooks.models import MassAction, MassState


@admin.register(MassAction)
class MassActionPage(LogAdmin):
    menu_place = 215
    menu_icon = "playlist_play"
    empty_hint = _("Many deliveries are sent again, or taken back, from an endpoint's page.")
    view_roles = MANAGERS
    heavy = ("ids",)
    own_roles = {"cancel": MANAGERS}
    buttons = {"cancel": "cancel"}
    tones: ClassVar[Mapping[str, Tone]] = {
        MassState.DONE: "good",
        MassState.FAILED: "bad",
        MassState.RUNNING: "warn",
    }
    list_display = ("created_at", "kind", "endpoint", "progress", "done", "made_by")
    list_display_links = ("created_at",)
    list_filter = ("state", "kind")
    list_select_related = ("endpoint",)
    change_form_outer_before_template = "admin/webhooks/mass_action.html"
    fieldsets = (
        (_("Mass action"), {"fields": ("kind", "endpoint", "made_by", "created_at", "finished_at")}),
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}
        js = ("webhooks/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        view = wrap(require_POST(self.cancel_view))
        return [path("<uuid:pk>/cancel/", view, name="webhooks_massaction_cancel"), *super().get_urls()]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "cancel")

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        action = MassAction.objects.filter(pk=pk).first()
        if action is None or not self.has_cancel_permission(request):
            raise Http404
        if mass.stop(action):
            messages.success(request, translated("It is stopped. What is done stays done."))
        else:
            messages.warning(request, translated("It had ended already."))
        return HttpResponseRedirect(reverse("admin:webhooks_massaction_change", args=[pk]))

    @admin.display(description=_("progress"))
    def progress(self, action: MassAction) -> SafeString:
        tone = self.tones.get(MassState(action.state), "quiet")
        shown = action.get_state_display()
        if action.state == MassState.RUNNING:
            return badge(f"{shown} {action.percent} %", tone)
        return format_html("{}", badge(shown, tone))
