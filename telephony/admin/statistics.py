"""Statistics of calls over a range of days, and the days' figures as a list that can be exported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exports.admin.button import ExportButtonMixin
from telephony.actions.look_up_statistics import look_up
from telephony.admin import badges
from telephony.admin.charts import CELL, HEIGHT, LABEL, LOW, WIDTH, columns, squares
from telephony.models import CallTally
from telephony.selectors.statistics import MOST_DAYS, USUAL, Part, Sums
from tenants.access import EVERY_ROLE, MANAGERS, member_of
from tenants.admin.base import LogAdmin
from tenants.admin.moments import DayRange
from tenants.admin.permissions import MenuEntry
from tenants.models import Extension, Role
from tenants.scoping import current_tenant_id


@dataclass(frozen=True, slots=True)
class Span:
    """Both days are meant. `problem` says what of the address could not be read."""

    since: date
    until: date
    problem: str = ""


@admin.register(CallTally)
class TallyPage(ExportButtonMixin, LogAdmin):
    menu_icon = "query_stats"
    menu_place = None
    menu_more = (MenuEntry("statistics", gettext_lazy("Statistics"), "query_stats", 14),)
    empty_hint = gettext_lazy("A day's calls are counted here a minute after the first of them has ended.")
    export_dataset = "call_statistics"
    view_roles = MANAGERS
    own_roles = {"look": EVERY_ROLE}
    sees_own = (Role.AGENT,)
    buttons = {"export": "export", "statistics": "look"}
    list_display = (
        "day",
        "of",
        "key",
        "direction",
        "calls",
        "answered",
        "missed",
        "wait_total",
        "talk_total",
    )
    list_display_links = None
    list_filter = (("day", DayRange), "of", "direction")
    list_filter_submit = True

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("statistics/", wrap(self.statistics_view), name="telephony_calltally_statistics")
        return [own, *super().get_urls()]

    def statistics_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "look"):
            raise PermissionDenied
        tenant_id = current_tenant_id()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Statistics"),
            "opts": self.opts,
            "media": self.media,
            **(self._shown(request, tenant_id) if tenant_id is not None else {"is_all": True}),
        }
        return TemplateResponse(request, "admin/telephony/statistics.html", context)

    def _shown(self, request: HttpRequest, tenant_id: int) -> dict[str, Any]:
        today = timezone.localdate()
        span = asked_span(request, today)
        figures = look_up(tenant_id, span.since, span.until, today, member_of(request))
        found = figures.found
        names = dict(Extension.objects.values_list("number", "name"))
        return {
            "span": span,
            "found": found,
            "uncounted": len(figures.uncounted),
            "presets": _presets(span, today),
            "totals": _totals(found.incoming, found.outgoing),
            "columns": columns(found.days),
            "heat": [(row, WEEKDAYS_ABBR[row.weekday]) for row in squares(found.heat)],
            "hours": [(hour, LABEL + hour * CELL + CELL // 2) for hour in range(24)],
            "chart": {"width": WIDTH, "height": HEIGHT, "low": HEIGHT + LOW, "text": HEIGHT + 14, "cell": CELL - 2,
                      "heat_width": LABEL + 24 * CELL, "heat_height": 7 * CELL + 18, "heat_text": 7 * CELL + 12},
            "extensions": [_row(part, span, "extension", names.get(part.key, "")) for part in found.extensions],
            "lines": [_row(part, span, "line", "") for part in found.lines],
            "is_own": (member := member_of(request)) is not None and member.role == Role.AGENT,
            "table_address": self._address(request, span, "changelist") if self.has_view_permission(request) else "",
            "export_address": self._address(request, span, "export") if self.has_export_permission(request) else "",
        }  # fmt: skip

    def _address(self, request: HttpRequest, span: Span, name: str) -> str:
        query = {"day__gte": span.since.isoformat(), "day__lte": span.until.isoformat()}
        return f"{reverse(f'admin:telephony_calltally_{name}')}?{urlencode(query)}"


def asked_span(request: HttpRequest, today: date) -> Span:
    """The days of the address, at most a year and a bit; the last week where none are given."""
    texts = request.GET.get("since", "").strip(), request.GET.get("until", "").strip()
    try:
        since, until = (parse_date(text) if text else None for text in texts)
    except ValueError:
        since = until = None
    if any(texts) and since is None and until is None:
        return Span(today - USUAL, today, _("These dates could not be read; here is the last week."))
    until = until or today
    since = since or until - USUAL
    if since > until:
        since, until = until, since
    if (until - since).days >= MOST_DAYS:
        return Span(
            until - timedelta(days=MOST_DAYS - 1),
            until,
            _("At most %(days)d days at once.") % {"days": MOST_DAYS},
        )
    return Span(since, until)


def _presets(span: Span, today: date) -> Sequence[tuple[str, str, bool]]:
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    ranges = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("7 days"), today - USUAL, today),
        (_("30 days"), today - timedelta(days=29), today),
        (_("This month"), first, today),
        (_("Last month"), before.replace(day=1), before),
        (_("A year"), today - timedelta(days=364), today),
    ]
    return [
        (title, f"?{urlencode({'since': since, 'until': until})}", (since, until) == (span.since, span.until))
        for title, since, until in ranges
    ]


def _totals(incoming: Sums, outgoing: Sums) -> list[tuple[str, str, str]]:
    """Figure, what it is, its tone."""
    return [
        (str(incoming.calls), _("incoming calls"), ""),
        (str(incoming.answered), _("of them answered"), ""),
        (str(incoming.missed), _("of them missed"), "sb-bad" if incoming.missed else ""),
        ("–" if incoming.share is None else f"{incoming.share} %", _("answered share"), ""),
        (_seconds(incoming.wait), _("mean wait for an answer"), ""),
        (_seconds(incoming.wait_95), _("95 % were answered within"), ""),
        (_seconds(incoming.talk), _("mean talk"), ""),
        (str(outgoing.calls), _("outgoing calls"), ""),
        (_hours(incoming.talk_total + outgoing.talk_total), _("talk in all"), ""),
    ]


def _row(part: Part, span: Span, parameter: str, name: str) -> dict[str, Any]:
    query = {
        "started_at_from_0": span.since.isoformat(),
        "started_at_from_1": "00:00",
        "started_at_to_0": (span.until + timedelta(days=1)).isoformat(),
        "started_at_to_1": "00:00",
        parameter: part.key,
    }
    calls = reverse("admin:telephony_call_changelist")
    return {
        "part": part,
        "name": name,
        "address": f"{calls}?{urlencode(query)}" if part.key else "",
        "wait": _seconds(part.incoming.wait),
        "wait_95": _seconds(part.incoming.wait_95),
        "talk": _seconds(part.incoming.talk),
        "talk_out": _seconds(part.outgoing.talk),
        "talk_total": _hours(part.incoming.talk_total + part.outgoing.talk_total),
    }


def _seconds(value: float | None) -> str:
    return "–" if value is None else badges.seconds(round(value))


def _hours(seconds: int) -> str:
    """3700 -> 1:01:40."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
