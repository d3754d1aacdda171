"""The list of calls, and the page that tells one call's whole story."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import FieldTextFilter, RangeDateTimeFilter
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.admin import badges
from telephony.admin.demo import play_view
from telephony.models import Call, CallDirection
from telephony.models.call import MISSED
from telephony.selectors import SOURCES, Entry, timeline, visible_calls
from tenants.access import ADMINISTRATORS, has_role, member_of
from tenants.admin.base import LogAdmin

FLAGS = {
    "synthetic_ring": _("No ringing was reported; it was completed from the answer or the hang-up."),
    "degraded": _("A message of the exchange could not be read properly."),
    "answer_unseen": _("The answer itself was not reported: the talk time is not known."),
    "clock_skew": _(
        "The exchange's clock or time zone differs from ours. Check the time zone in its settings."
    ),
    "hidden_number": _("The caller withheld the number."),
}


class MissedFilter(admin.SimpleListFilter):
    """Calls of clients whom nobody served."""

    title = _("missed")
    parameter_name = "missed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("only missed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        wanted = queryset.filter(direction=CallDirection.IN, status__in=MISSED)
        return wanted if self.value() else queryset


@admin.register(Call)
class CallPage(ExportButtonMixin, LogAdmin):
    menu_icon = "call"
    menu_place = 10
    export_dataset = "calls"
    list_display = ("started", "way", "client_shown", "line", "responsible", "outcome", "waited", "talked")
    list_display_links = ("started",)
    list_filter = (
        ("started_at", RangeDateTimeFilter),
        MissedFilter,
        "direction",
        "status",
        ("responsible", FieldTextFilter),
        ("did", FieldTextFilter),
    )
    list_filter_submit = True
    search_fields = ("client_number", "client_raw", "client_name", "external_id")
    search_help_text = _("Number, name or the exchange's id")
    change_form_template = "admin/telephony/call.html"

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        # The request's queryset, narrowed: agents see only calls that their own extension had a part in.
        found: QuerySet[Call] = super().get_queryset(request)
        member = member_of(request)
        found = found.filter(merged_into__isnull=True)
        return found if member is None else found.filter(id__in=visible_calls(member).values("id"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path("demo/", admin.site.admin_view(require_POST(play_view)), name="telephony_call_demo")
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        call = self.get_object(request, object_id)
        context = (
            {} if call is None else {"call": call, **story(call, may_retry=has_role(request, ADMINISTRATORS))}
        )
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @display(description=_("started"), ordering="started_at")
    def started(self, call: Call) -> str:
        # With seconds: two calls within a minute are ordinary.
        return date_format(timezone.localtime(call.started_at), "d.m.Y H:i:s")

    @display(description=_("direction"))
    def way(self, call: Call) -> SafeString:
        return badges.direction(call)

    @display(description=_("client"))
    def client_shown(self, call: Call) -> str:
        return f"{call.client} {call.client_name}".strip() or "—"

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


def story(call: Call, *, may_retry: bool) -> dict[str, Any]:
    """What the call's page shows."""
    return {
        "entries": [
            (entry, str(SOURCES[entry.source]), _address(entry), _retry_address(entry) if may_retry else "")
            for entry in timeline(call)
        ],
        "direction_badge": badges.direction(call),
        "status_badge": badges.status(call),
        "remarks": [FLAGS[flag] for flag in call.flags if flag in FLAGS],
        "talk": badges.seconds(call.talk_seconds),
        "wait": badges.seconds(call.wait_seconds),
        "participants": list(call.participants.order_by("rang_at", "extension")),
    }


def _address(entry: Entry) -> str:
    """The page of what an entry is about, where there is one."""
    if entry.link is None:
        return ""
    page, key = entry.link
    try:
        return reverse(f"admin:{page}_change", args=[key])
    except NoReverseMatch:
        return ""


def _retry_address(entry: Entry) -> str:
    """Where a failed notification is sent again."""
    if entry.link is None or not entry.is_retryable:
        return ""
    return reverse("admin:telephony_callnotification_retry", args=[entry.link[1]])
