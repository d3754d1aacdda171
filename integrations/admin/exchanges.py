"""Exchanges: what was said to outside systems and what they answered, masked, for looking only."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from integrations.models import Exchange
from integrations.selectors import HEAVY
from tenants.access import ADMINISTRATORS
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin


class FailedFilter(admin.SimpleListFilter):
    """Only those that went wrong; a partial index serves it."""

    title = _("result")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Exchange]) -> QuerySet[Exchange]:
        return queryset.exclude(error="") if self.value() else queryset


@admin.register(Exchange)
class ExchangeAdmin(LogAdmin):
    menu_icon = "swap_horiz"
    menu_place = 41
    empty_hint = _(
        "Every request to an outside system and its answer appear here, kept for a while to find out what went wrong."
    )
    view_roles = ADMINISTRATORS
    heavy = HEAVY
    list_display = ("moment", "integration", "operation", "result", "duration", "error_text")
    list_display_links = ("moment",)
    list_filter = (FailedFilter, "integration")
    list_select_related = ("integration",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "integration",
                    "operation",
                    "result",
                    "error_text",
                    "moment",
                    "timings_shown",
                    "attempt",
                )
            },
        ),
        (_("Request"), {"fields": ("line", "request_head", "request_text")}),
        (_("Response"), {"fields": ("response_head", "response_text")}),
        (_("Belongs to"), {"fields": ("story",)}),
    )
    readonly_fields = (
        "moment",
        "result", "timings_shown", "line", "request_head", "request_text", "response_head", "response_text",
    )  # fmt: skip

    class Media:
        css = {"all": ("integrations/integrations.css",)}

    @display(description=_("started"))
    def moment(self, row: Exchange) -> SafeString:
        shown = date_format(timezone.localtime(row.started_at), "DATETIME_FORMAT")
        return format_html('<span class="sb-moment">{}</span>', shown)

    @display(description=_("result"))
    def result(self, row: Exchange) -> SafeString:
        return badge(row.outcome, "bad" if row.error else "good" if row.status else "quiet")

    @display(description=_("time, ms"), ordering=None)
    def duration(self, row: Exchange) -> int:
        return row.duration_ms

    @display(description=_("time, ms"))
    def timings_shown(self, row: Exchange) -> str:
        names = {
            "turn": _("waiting for its turn"),
            "dns": _("name"),
            "connect": _("connection"),
            "tls": _("TLS"),
            "first_byte": _("first byte"),
            "total": _("in all"),
        }
        parts = [
            f"{names[key]}: {value}"
            for key, value in row.timings.items()
            if key in names and value is not None
        ]
        return " · ".join(parts) or str(row.duration_ms)

    @display(description=_("address"))
    def line(self, row: Exchange) -> SafeString:
        return format_html('<code class="int-line"><b>{}</b> {}</code>', row.method, row.url)

    @display(description=_("headers"))
    def request_head(self, row: Exchange) -> SafeString:
        return headers(row.request_headers)

    @display(description=_("body"))
    def request_text(self, row: Exchange) -> SafeString:
        return body(row.request_body)

    @display(description=_("headers"))
    def response_head(self, row: Exchange) -> SafeString:
        return headers(row.response_headers)

    @display(description=_("body"))
    def response_text(self, row: Exchange) -> SafeString:
        return body(row.response_body)


def headers(found: dict[str, str]) -> SafeString:
    """One a line."""
    if not found:
        return format_html("{}", "—")
    lines = format_html_join("\n", "<b>{}</b>: {}", found.items())
    return format_html('<pre class="int-body">{}</pre>', lines)


def body(text: str) -> SafeString:
    """JSON indented, forms one field a line with their JSON indented, everything else as it is."""
    return format_html('<pre class="int-body">{}</pre>', pretty(text)) if text else format_html("{}", "—")


def pretty(text: str) -> str:
    """JSON indented, and a form (one field a line) with the JSON of its fields indented."""
    indented = _indented(text)
    return indented if indented is not None else "\n".join(_field(line) for line in text.split("\n"))


def _field(line: str) -> str:
    name, separator, value = line.partition("=")
    indented = _indented(value) if separator else None
    return line if indented is None else f"{name} = {indented}"


def _indented(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else None
