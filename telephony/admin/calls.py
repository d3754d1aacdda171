"""The list of calls, and the page that tells one call's whole story."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.admin import badges
from telephony.admin.demo import play_view
from telephony.models import Call, CallDirection
from telephony.models.call import ALIVE, MISSED
from telephony.selectors import SOURCES, Entry, Sight, tellings, timeline, visible_calls
from tenants.access import ADMINISTRATORS, MANAGERS, has_role, member_of
from tenants.admin.base import LogAdmin
from tenants.admin.moments import MomentRange
from tenants.admin.stories import Story, story_of
from tenants.models import Extension, Role

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
    empty_hint = _("Calls appear here as soon as the telephone exchange reports one.")
    export_dataset = "calls"
    sees_own = (Role.AGENT,)
    own_roles = {"play": MANAGERS}
    buttons = {"export": "export", "demo": "play"}
    list_display = ("started", "way", "client_shown", "line", "responsible", "outcome", "waited", "talked")
    list_display_links = ("started",)
    list_filter = (
        ("started_at", MomentRange),
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
        context = {} if call is None else {"call": call, **story(call, request)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

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


ICONS = {"pbx": "dialer_sip", "call": "call", "event": "bolt", "crm": "contact_phone", "webhook": "webhook"}
# What sends a failed one again, by the page it is shown on: the name of the address, and the roles that may.
RETRIES = {
    "telephony_callnotification": ("admin:telephony_callnotification_retry", ADMINISTRATORS),
    "webhooks_delivery": ("admin:webhooks_delivery_replay", MANAGERS),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline, ready for the page."""

    entry: Entry
    ms: str
    source: str
    icon: str
    address: str
    retry: str
    is_failure: bool


@story_of
def call_story(correlation_id: UUID) -> Story | None:
    """A call's effects carry the call's own id."""
    call = Call.objects.filter(pk=correlation_id).first()
    if call is None:
        return None
    when = date_format(timezone.localtime(call.started_at), "DATETIME_FORMAT")
    return f"{capfirst(str(call))}, {when}", reverse("admin:telephony_call_change", args=[call.pk])


def story(call: Call, request: HttpRequest) -> dict[str, Any]:
    """What the call's page shows."""
    sight = Sight.of(member_of(request))
    entries = timeline(call, sight)
    begin = entries[0].at if entries else call.started_at
    names = dict(Extension.objects.filter(tenant_id=call.tenant_id).values_list("number", "name"))
    return {
        "lines": [
            Line(
                entry,
                intcomma(entry.ms),
                str(SOURCES[entry.source]),
                ICONS[entry.source],
                _address(request, entry.link),
                _retry(request, entry.link) if entry.is_retryable else "",
                _is_failure(entry),
            )
            for entry in entries
        ],
        "failures": sum(map(_is_failure, entries)),
        "told": [
            {
                "one": one,
                "badge": badges.state(one.label, one.state),
                "ms": "—" if one.at is None else intcomma(round((one.at - begin).total_seconds() * 1000)),
                "waited": "" if one.waited is None else intcomma(one.waited),
                "address": _address(request, one.link),
                "retry": _retry(request, one.link) if one.is_retryable else "",
            }
            for one in (tellings(call) if Sight.MESSAGES in sight else ())
        ],
        "sees_effects": Sight.MESSAGES in sight,
        "direction_badge": badges.direction(call),
        "status_badge": badges.status(call),
        "is_alive": call.status in ALIVE or call.finished_at is None,
        "remarks": [FLAGS[flag] for flag in call.flags if flag in FLAGS],
        "talk": badges.seconds(call.talk_seconds),
        "wait": badges.seconds(call.wait_seconds),
        "answered_by": _named(call.answered_by, names),
        "participants": [
            (one, _named(one.extension, names)) for one in call.participants.order_by("rang_at", "extension")
        ],
        "same_client": f"{reverse('admin:telephony_call_changelist')}?{urlencode({'q': call.client})}"
        if call.client
        else "",
    }


def _is_failure(entry: Entry) -> bool:
    """Something outside did not work, as against a call that nobody took."""
    return entry.tone == "bad" and entry.source in ("crm", "webhook")


def _named(number: str, names: Mapping[str, str]) -> str:
    return f"{number} {names.get(number, '')}".strip()


def _address(request: HttpRequest, link: tuple[str, UUID] | None) -> str:
    """The page of what a line is about, where there is one and this person may open it."""
    if link is None:
        return ""
    name, key = link
    model = apps.get_model(name.replace("_", ".", 1))
    page = admin.site._registry.get(model)
    return reverse(f"admin:{name}_change", args=[key]) if page and page.has_view_permission(request) else ""


def _retry(request: HttpRequest, link: tuple[str, UUID] | None) -> str:
    """Where a failed one is sent again."""
    if link is None or link[0] not in RETRIES:
        return ""
    name, roles = RETRIES[link[0]]
    return reverse(name, args=[link[1]]) if has_role(request, roles) else ""
