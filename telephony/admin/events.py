"""Everything that exchanges sent, as it came."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from telephony.admin import badges
from telephony.models import CallEvent
from telephony.selectors import pretty
from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin


class DegradedFilter(admin.SimpleListFilter):
    """Only what could not be read properly."""

    title = _("readability")
    parameter_name = "degraded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("degraded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallEvent]) -> QuerySet[CallEvent]:
        # raw is kept exactly for those, and a partial index serves it.
        return queryset.exclude(raw="") if self.value() else queryset


@admin.register(CallEvent)
class EventPage(LogAdmin):
    menu_icon = "sensors"
    menu_place = 30
    empty_hint = _(
        "Everything that the telephone exchange sends appears here, as it came. Its page says what it has to send."
    )
    view_roles = MANAGERS
    list_display = (
        "created_at",
        "kind_shown",
        "source",
        "unique_id",
        "exchange",
        "call_link",
        "degraded_shown",
        "address",
    )
    list_display_links = ("created_at",)
    list_filter = ("source", DegradedFilter)
    list_select_related = ("pbx", "call")
    readonly_fields = ("kind_shown", "content", "body", "exchange", "call_link", "degraded_shown")
    fields = (
        "created_at",
        "exchange",
        "address",
        "kind_shown",
        "source",
        "unique_id",
        "linked_id",
        "call_link",
        "degraded_shown",
        "content",
        "body",
    )

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallEvent]:
        found: QuerySet[CallEvent] = super().get_queryset(request)
        return (
            found.defer("payload", "sealed", "raw")
            if request.resolver_match and "changelist" in str(request.resolver_match.url_name)
            else found
        )

    @display(description=_("kind"))
    def kind_shown(self, event: CallEvent) -> str:
        return event.kind_text

    @display(description=_("telephone exchange"))
    def exchange(self, event: CallEvent) -> str:
        return event.pbx.name

    @display(description=_("call"))
    def call_link(self, event: CallEvent) -> SafeString | str:
        return badges.call_link(event.call) if event.call else "—"

    @display(description=_("body as it came"))
    def body(self, event: CallEvent) -> SafeString | str:
        return format_html('<pre class="tel-body">{}</pre>', event.raw) if event.raw else "—"

    @display(description=_("content"))
    def content(self, event: CallEvent) -> SafeString:
        return format_html('<pre class="tel-body">{}</pre>', pretty(event.content))

    @display(description=_("remarks"))
    def degraded_shown(self, event: CallEvent) -> str:
        return "; ".join(event.degraded_texts) or "—"
