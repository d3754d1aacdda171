"""What the CRMs were told: the log, and sending again what failed."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.selectors import exchanges_about
from telephony.actions.retry_notifications import RETRYABLE, retry_notifications
from telephony.admin import badges
from telephony.models import CallNotification
from tenants.access import ADMINISTRATORS, MANAGERS, has_role
from tenants.admin.base import LogAdmin


@admin.register(CallNotification)
class NotificationPage(LogAdmin):
    menu_icon = "notifications_active"
    menu_place = 20
    empty_hint = _("What the CRMs are told of calls appears here. Connect a CRM under Integrations.")
    view_roles = MANAGERS
    own_roles = {"retry": ADMINISTRATORS}
    buttons = {"retry": "retry"}
    list_display = (
        "created_at",
        "kind",
        "integration_shown",
        "call_link",
        "variant",
        "state_shown",
        "why_shown",
        "attempts",
    )
    list_display_links = ("created_at",)
    list_filter = ("state", "kind", "integration")
    list_select_related = ("integration", "call")
    actions = ("retry_chosen",)
    change_form_outer_before_template = "admin/telephony/retry.html"
    change_form_outer_after_template = "admin/telephony/said.html"
    readonly_fields = ("state_shown", "why_shown", "call_link", "remarks")
    fields = (
        "call_link",
        "integration",
        "kind",
        "variant",
        "state_shown",
        "why_shown",
        "attempts",
        "created_at",
        "attempted_at",
        "settled_at",
        "outside_id",
        "remarks",
    )

    class Media:
        css = {"all": ("telephony/calls.css",)}

    @display(description=_("state"))
    def state_shown(self, one: CallNotification) -> SafeString:
        return badges.state(one.get_state_display(), one.state)

    @display(description=_("why"))
    def why_shown(self, one: CallNotification) -> str:
        return one.why or "—"

    @display(description=_("integration"))
    def integration_shown(self, one: CallNotification) -> SafeString:
        return format_html('<span class="sb-moment">{}</span>', one.integration.name)

    @display(description=_("remarks"))
    def remarks(self, one: CallNotification) -> str:
        texts = [str(_("They had it already."))] if one.is_duplicate else []
        issues = ", ".join(str(issue.get("value", "")) for issue in one.issues if isinstance(issue, dict))
        if issues:
            texts.append(str(_("Not known there: %(values)s.") % {"values": issues}))
        return " ".join(texts) or "—"

    @display(description=_("call"))
    def call_link(self, one: CallNotification) -> SafeString:
        return badges.call_link(one.call)

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "retry")

    @admin.action(description=_("Send again what failed or was parked"), permissions=["retry"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[CallNotification]) -> None:
        ids = queryset.filter(state__in=RETRYABLE).values_list("id", flat=True)[:10_000]
        self._tell(request, retry_notifications(list(ids)))

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(admin.site.admin_view(self.retry_view))
        return [path("<uuid:key>/retry/", view, name="telephony_callnotification_retry"), *super().get_urls()]

    def retry_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        # Through the page's own queryset: another company's notification does not exist here.
        one = self.get_object(request, str(key))
        if one is None:
            raise Http404
        if not self.has_retry_permission(request):
            raise PermissionDenied
        self._tell(request, retry_notifications([one.pk]))
        back = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
            back = reverse("admin:telephony_callnotification_change", args=[key])
        return HttpResponseRedirect(back)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        one = self.get_object(request, object_id)
        context = {
            "can_retry": self.has_retry_permission(request),
            "said": exchanges_about(one.pk) if one and has_role(request, ADMINISTRATORS) else [],
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def _tell(self, request: HttpRequest, count: int) -> None:
        if count:
            text = ngettext(
                "%(count)s notification is sent again.", "%(count)s notifications are sent again.", count
            )
            messages.success(request, text % {"count": count})
        else:
            messages.warning(request, _("Nothing to send again: only what failed or was parked can be."))
