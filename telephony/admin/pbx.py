"""Telephone exchanges: what to put into the dialplan, and changing the token without losing calls."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from config.ids import uuid7_at
from telephony.actions.examine_exchange import examine_exchange
from telephony.actions.rotate_token import rotate_token
from telephony.admin.health import HealthPage
from telephony.admin.listening import AmiInline, connection_badge, connection_context, keep_diagnosis
from telephony.models import CallEvent, Pbx
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.admin.base import TenantAdmin
from tenants.admin.permissions import MenuEntry

LOOK_BACK = timedelta(
    days=7
)  # for the last event: a silent exchange must not cost a walk through all history


@admin.register(Pbx)
class PbxPage(HealthPage, TenantAdmin):
    menu_icon = "dialer_sip"
    menu_place = 40
    menu_settings = True
    empty_hint = _("Add the telephone exchange: it gets a token, which its dialplan sends with every event.")
    view_roles = ADMINISTRATORS
    own_roles = {"rotate": ADMINISTRATORS, "test": ADMINISTRATORS, "look": MANAGERS}
    buttons = {"rotate": "rotate", "test": "test", "health": "look"}
    menu_more = (MenuEntry("health", _("Connection of the exchanges"), "monitor_heart", 39),)
    inlines = (AmiInline,)
    list_display = ("name", "connection_shown", "token_shown", "timezone", "is_enabled", "updated_at")
    list_select_related = ("status",)
    fields = (
        "name",
        "is_enabled",
        "timezone",
        "trunks",
        "recording_url_template",
        "token_shown",
        "previous_until",
    )
    readonly_fields = ("token_shown", "previous_until")
    change_form_outer_before_template = "admin/telephony/exchange.html"

    class Media:
        css = {"all": ("telephony/calls.css", "integrations/integrations.css")}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "recording_url_template":
            kwargs["widget"] = (
                UnfoldAdminTextInputWidget()
            )  # one line, although it is stored as a sealed text
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Pbx | None) -> Any:
        """A new exchange gets its token first."""
        return super().get_inlines(request, obj) if obj is not None else ()

    @display(description=_("connection"))
    def connection_shown(self, pbx: Pbx) -> SafeString:
        return connection_badge(pbx)

    @display(description=_("token"))
    def token_shown(self, pbx: Pbx) -> str:
        """Only its end: enough to compare with a dialplan."""
        return str(_("shown once, after saving")) if pbx._state.adding else f"•••{pbx.token[-4:]}"

    def save_model(self, request: HttpRequest, obj: Pbx, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            _show_once(request, obj.token)

    def has_rotate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "rotate")

    def get_urls(self) -> list[URLPattern]:
        rotate = require_POST(admin.site.admin_view(self.rotate_view))
        test = require_POST(admin.site.admin_view(self.test_view))
        return [
            path("<uuid:key>/rotate/", rotate, name="telephony_pbx_rotate"),
            path("<uuid:key>/test/", test, name="telephony_pbx_test"),
            *super().get_urls(),
        ]

    def rotate_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """A POST of its own: a new token must not come of following a link."""
        pbx = self.get_object(request, str(key))
        if pbx is None:
            raise Http404
        if not self.has_rotate_permission(request):
            raise PermissionDenied
        _show_once(request, rotate_token(pbx))
        return HttpResponseRedirect(reverse("admin:telephony_pbx_change", args=[key]))

    def has_test_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "test")

    def test_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Tries the manager interface as it is saved; takes some seconds where nobody answers."""
        pbx = self.get_object(request, str(key))
        if pbx is None:
            raise Http404
        if not self.has_test_permission(request):
            raise PermissionDenied
        keep_diagnosis(request, pbx, examine_exchange(pbx))
        return HttpResponseRedirect(reverse("admin:telephony_pbx_change", args=[key]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        pbx = self.get_object(request, object_id)
        since = uuid7_at(timezone.now() - LOOK_BACK)
        recent = CallEvent.objects.filter(pbx=pbx, id__gte=since) if pbx else CallEvent.objects.none()
        last = recent.order_by("-id").only("created_at").first()
        context = {
            **(connection_context(request, pbx) if pbx else {}),
            "can_rotate": self.has_rotate_permission(request),
            "can_test": self.has_test_permission(request),
            "public_url": settings.PUBLIC_URL,
            "last_event": last.created_at if last else None,
            "events_url": reverse("admin:telephony_callevent_changelist"),
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def _show_once(request: HttpRequest, token: str) -> None:
    text = _(
        "The exchange's token is %(token)s. It is shown only now; the former one works for another seven days."
    )
    messages.success(request, text % {"token": token})
