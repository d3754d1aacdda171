"""The list of calls, and the page of one; what that tells is in call_story.py."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.actions.click_to_call import CALLERS
from telephony.admin import badges
from telephony.admin.call_filters import (
    CrmFilter,
    ExtensionFilter,
    LineFilter,
    MissedFilter,
    RecordedFilter,
    SecondsFilter,
    presets,
)
from telephony.admin.call_story import story
from telephony.admin.commands import SteeringPage
from telephony.admin.demo import play_view
from telephony.admin.live import LivePage
from telephony.admin.why import WhyPage
from telephony.models import Call, Recording
from telephony.recordings.links import personal_link
from telephony.selectors.calls import of_person
from telephony.selectors.narrowing import by_words
from tenants.access import MANAGERS, member_of
from tenants.admin.base import LogAdmin
from tenants.admin.moments import MomentRange
from tenants.admin.permissions import MenuEntry
from tenants.models import Role, User

LISTENERS = MANAGERS | {Role.AGENT}


@admin.register(Call)
class CallPage(LivePage, SteeringPage, WhyPage, ExportButtonMixin, LogAdmin):
    menu_icon = "call"
    menu_place = 10
    empty_hint = _("Calls appear here as soon as the telephone exchange reports one.")
    export_dataset = "calls"
    sees_own = (Role.AGENT,)
    own_roles = {"play": MANAGERS, "explain": MANAGERS, "listen": LISTENERS, "steer": CALLERS}
    buttons = {
        "export": "export",
        "demo": "play",
        "live": "view",
        "live_now": "view",
        "why": "explain",
        "recording": "listen",
        "steer": "steer",
    }
    menu_more = (
        MenuEntry("live", _("Now"), "phone_in_talk", 5),
        MenuEntry("why", _("Why no pop-up?"), "troubleshoot", 38),
    )
    list_display = ("started", "way", "client_shown", "line", "responsible", "outcome", "waited", "talked")
    list_display_links = ("started",)
    list_filter = (
        ("started_at", MomentRange),
        MissedFilter,
        ("direction", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ExtensionFilter,
        LineFilter,
        ("wait_seconds", SecondsFilter),
        ("talk_seconds", SecondsFilter),
        RecordedFilter,
        CrmFilter,
    )
    list_filter_submit = True
    search_fields = ("client_number",)  # offers the box; get_search_results says what it finds
    search_help_text = _("Number or its last digits, name, or the exchange's id")
    list_before_template = "admin/telephony/presets.html"
    change_form_template = "admin/telephony/call.html"

    class Media:
        css = {"all": ("telephony/calls.css", "telephony/people.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        # The request's queryset, narrowed: agents see only calls that their own extension had a part in.
        found: QuerySet[Call] = super().get_queryset(request)
        return of_person(found.filter(merged_into__isnull=True), member_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        tenant = getattr(request, "tenant", None)
        region = tenant.phone_region if tenant is not None else ""
        return queryset.filter(by_words(search_term, region)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"presets": presets(request), **(extra_context or {})})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path("demo/", admin.site.admin_view(require_POST(play_view)), name="telephony_call_demo")
        sound = admin.site.admin_view(self.recording_view)
        return [
            own,
            path("<uuid:key>/recording/", sound, name="telephony_call_recording"),
            *super().get_urls(),
        ]

    def has_listen_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "listen")

    def recording_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Leads to a link of this person's own, which works for minutes. Agents reach their own calls only."""
        call = self.get_object(request, str(key))
        if call is None:
            raise Http404
        if not self.has_listen_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = Recording.objects.filter(call=call).first()
        if row is None or not row.is_playable:
            raise Http404
        user = User.objects.get(username=request.user.get_username())
        link = personal_link(row, user=user, made_for=user.get_username())
        return HttpResponseRedirect(reverse("recording", args=[link.token]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        call = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if call is not None:
            steering = {"steer_address": self.steer_address(request, call)}
            context = {"call": call, **story(call, request), **self._sound(call, request), **steering}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _sound(self, call: Call, request: HttpRequest) -> dict[str, Any]:
        row = Recording.objects.filter(call=call).first()
        if row is None or not self.has_listen_permission(request):
            return {}
        address = reverse("admin:telephony_call_recording", args=[call.pk])
        return {"sound": row, "sound_address": address if row.is_playable else ""}

    @display(description=_("started"), ordering="started_at")
    def started(self, call: Call) -> SafeString:
        shown = date_format(timezone.localtime(call.started_at), "DATETIME_FORMAT")
        return format_html('<span class="sb-moment">{}</span>', shown)

    @display(description=_("direction"))
    def way(self, call: Call) -> SafeString:
        return badges.direction(call)

    @display(description=_("client"))
    def client_shown(self, call: Call) -> SafeString:
        client = call.client or "—"
        if not call.client_name:
            return format_html("{}", client)
        return format_html('{} <span class="sb-muted">{}</span>', client, call.client_name)

    @display(description=_("our line"))
    def line(self, call: Call) -> str:
        return call.did or call.trunk

    @display(description=_("status"))
    def outcome(self, call: Call) -> SafeString:
        return badges.status(call)

    @display(description=_("wait"))
    def waited(self, call: Call) -> str:
        return badges.seconds(call.wait_seconds)

    @display(description=_("talk"))
    def talked(self, call: Call) -> str:
        return badges.seconds(call.talk_seconds)
