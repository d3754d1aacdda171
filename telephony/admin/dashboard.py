"""Today's calls and pop-ups on the first page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.ids import uuid7_at
from telephony.admin import badges
from telephony.admin.health import exchange_badge
from telephony.admin.live import shown
from telephony.models import (
    Call,
    CallDirection,
    CallEvent,
    CallNotification,
    CallStatus,
    NotificationKind,
    NotificationState,
    Pbx,
)
from telephony.models.call import ALIVE, MISSED
from telephony.selectors import visible_calls
from telephony.selectors.health import ExchangeHealth, exchanges
from telephony.selectors.live import live
from telephony.selectors.missed import visible_missed
from tenants.access import MANAGERS, has_role, member_of
from tenants.admin.dashboard import (
    Attention,
    Card,
    Step,
    dashboard_card,
    needs_attention,
    setup_steps,
    start_of_today,
)
from tenants.models import Role
from tenants.scoping import current_tenant_id

RECENT = 8
WORKING_DAY = (8, 19)  # the hours that are shown even when nobody called
SHOWN_NOW = 5
MISSED_SHOWN = timedelta(days=7)
MOST_MISSED = 100
SAMPLE = 500  # pop-ups that the latency is taken from


@dashboard_card
def calls_today(request: HttpRequest) -> Card:
    midnight = start_of_today()
    calls = visible_calls(member_of(request)).filter(id__gte=uuid7_at(midnight), merged_into=None)
    incoming, missed = Q(direction=CallDirection.IN), Q(direction=CallDirection.IN, status__in=MISSED)
    figures = calls.aggregate(
        total=Count("id"),
        incoming=Count("id", filter=incoming),
        outgoing=Count("id", filter=Q(direction=CallDirection.OUT)),
        living=Count("id", filter=Q(status__in=ALIVE)),
        answered=Count("id", filter=incoming & Q(status=CallStatus.ANSWERED)),
        missed=Count("id", filter=missed),
        wait=Avg("wait_seconds", filter=incoming),
        talk=Sum("talk_seconds"),
    )
    ended = figures["answered"] + figures["missed"]
    figures["share"] = round(100 * figures["answered"] / ended) if ended else None
    figures["talk"] = badges.seconds(figures["talk"] or 0)
    figures["popup"] = popup_latency(request, midnight)
    figures["hours"] = calls_by_hour(calls, missed)
    figures["url"] = reverse("admin:telephony_call_changelist")
    figures["today"] = urlencode(
        {"started_at_from_0": midnight.date().isoformat(), "started_at_from_1": "00:00"}
    )
    return Card("admin/cards/calls.html", figures, place=10, wide=True)


@dashboard_card
def calls_now(request: HttpRequest) -> Card | None:
    """Who waits and who talks at this moment."""
    tenant_id = current_tenant_id()
    if tenant_id is None:
        return None
    found = shown(live(tenant_id), request)
    figures = {name: found[name] for name in ("waiting", "talking", "free", "sees_own", "version")}
    figures["calls"] = found["calls"][:SHOWN_NOW]
    figures["more"] = max(len(found["calls"]) - SHOWN_NOW, 0)
    return Card("admin/cards/calls_now.html", {**figures, "now": found["now"]}, place=5)


@dashboard_card
def not_called_back(request: HttpRequest) -> Card | None:
    """Clients whom nobody has reached yet, the longest waiting first."""
    if current_tenant_id() is None:
        return None
    rows = visible_missed(member_of(request)).filter(cleared_at__isnull=True)
    since = timezone.now() - MISSED_SHOWN
    newest = list(rows.filter(id__gte=uuid7_at(since)).order_by("-id")[:MOST_MISSED])
    shown_rows = sorted(newest, key=lambda row: (row.tries, row.first_missed_at))[:SHOWN_NOW]
    return Card(
        "admin/cards/not_called_back.html",
        {
            "rows": shown_rows,
            "count": len(newest),
            "is_more": len(newest) == MOST_MISSED,
            "url": reverse("admin:telephony_missedclient_changelist"),
        },
        place=6,
    )


@dashboard_card
def connections(request: HttpRequest) -> Card | None:
    """Whether each exchange is heard."""
    if current_tenant_id() is None or not has_role(request, MANAGERS):
        return None
    rows = [(one, exchange_badge(one)) for one in _exchanges(request)]
    return Card("admin/cards/connections.html", {"rows": rows}, place=7) if rows else None


def _exchanges(request: HttpRequest) -> Sequence[ExchangeHealth]:
    """Asked for once a page, although two parts of it want to know."""
    found: Sequence[ExchangeHealth] | None = getattr(request, "telephony_exchanges", None)
    if found is None:
        found = exchanges()
        request.telephony_exchanges = found  # type: ignore[attr-defined]  # this function's own
    return found


@dataclass(frozen=True, slots=True)
class Hour:
    """One bar: heights in percent of the busiest hour."""

    label: str
    total: int
    missed: int
    served_height: int
    missed_height: int


def calls_by_hour(calls: QuerySet[Call], missed: Q) -> list[Hour]:
    """Today's calls hour by hour in the company's zone, the working day and whatever lies around it."""
    rows = (
        calls.order_by()
        .annotate(hour=ExtractHour("started_at"))
        .values_list("hour")
        .annotate(total=Count("id"), lost=Count("id", filter=missed))
    )
    found = {hour: (total, lost) for hour, total, lost in rows}
    if not found:
        return []
    most = max(total for total, _lost in found.values())
    hours = []
    for hour in range(min(*found, WORKING_DAY[0]), max(*found, WORKING_DAY[1]) + 1):
        total, lost = found.get(hour, (0, 0))
        heights = round(100 * (total - lost) / most), round(100 * lost / most)
        hours.append(Hour(f"{hour:02d}", total, lost, *heights))
    return hours


def popup_latency(request: HttpRequest, since: datetime) -> dict[str, int] | None:
    """Milliseconds from the ringing to the CRM's answer: median and 95th percentile of the latest pop-ups."""
    sent = CallNotification.objects.filter(
        id__gte=uuid7_at(since),
        kind=NotificationKind.POPUP,
        state=NotificationState.DONE,
    )
    member = member_of(request)
    if member is not None and member.role == Role.AGENT:
        sent = sent.filter(call__in=visible_calls(member))
    times: list[Any] = list(sent.order_by("-id").values_list("rang_at", "settled_at")[:SAMPLE])
    spans = [(settled - rang).total_seconds() * 1000 for rang, settled in times if rang and settled]
    if len(spans) < 2:
        return {"median": round(spans[0]), "high": round(spans[0])} if spans else None
    cuts = quantiles(spans, n=20, method="inclusive")
    return {"median": round(cuts[9]), "high": round(cuts[18])}


@dashboard_card
def recent_calls(request: HttpRequest) -> Card:
    calls = visible_calls(member_of(request)).filter(merged_into=None).order_by("-id")[:RECENT]
    return Card(
        "admin/cards/recent_calls.html",
        {
            "calls": [
                (
                    call,
                    badges.direction(call),
                    badges.status(call),
                    badges.seconds(call.wait_seconds),
                    badges.seconds(call.talk_seconds),
                )
                for call in calls
            ],
            "url": reverse("admin:telephony_call_changelist"),
        },
        20,
        wide=True,
    )


@needs_attention
def silent_exchanges(request: HttpRequest) -> list[Attention]:
    """Exchanges that ought to be heard and are not."""
    if not has_role(request, MANAGERS) or current_tenant_id() is None:
        return []
    page = reverse("admin:telephony_pbx_health")
    texts = {
        "never": _("Nothing has ever been heard of the exchange “%(name)s”"),
        "quiet": _("The exchange “%(name)s” has been silent for more than a day"),
    }
    return [
        Attention(texts[one.state] % {"name": one.name}, page, "bad" if one.state == "never" else "warn")
        for one in _exchanges(request)
        if one.state in texts and (one.state != "never" or Call.objects.exists())
    ]


@needs_attention
def unsent(request: HttpRequest) -> list[Attention]:
    if not has_role(request, MANAGERS):
        return []
    found: list[Attention] = []
    since = uuid7_at(start_of_today())
    own = CallNotification.objects.filter(id__gte=since)
    failed = own.filter(state=NotificationState.FAILED).count()
    parked = own.filter(state=NotificationState.PARKED).count()
    log = reverse("admin:telephony_callnotification_changelist")
    if failed:
        text = ngettext(
            "%(count)d message to a CRM did not arrive today",
            "%(count)d messages to CRMs did not arrive today",
            failed,
        )
        found.append(Attention(text % {"count": failed}, f"{log}?state__exact=failed"))
    if parked:
        text = ngettext(
            "%(count)d message to a CRM waits until its integration is switched on",
            "%(count)d messages to CRMs wait until their integration is switched on",
            parked,
        )
        found.append(Attention(text % {"count": parked}, f"{log}?state__exact=parked", "warn"))
    if CallEvent.objects.filter(id__gte=since).exclude(raw="").exists():
        found.append(
            Attention(
                _("The exchange sent events today that could not be read properly"),
                reverse("admin:telephony_callevent_changelist") + "?degraded=1",
                "warn",
            )
        )
    return found


@setup_steps
def calling(request: HttpRequest) -> list[Step]:
    exchange = Pbx.objects.order_by("name").only("id").first()
    page = (
        reverse("admin:telephony_pbx_change", args=[exchange.pk])
        if exchange
        else reverse("admin:telephony_pbx_add")
    )
    return [
        Step(
            _("Add the telephone exchange"),
            _("It gets a token, which its dialplan sends with every event."),
            page,
            exchange is not None,
            10,
        ),
        Step(
            _("Receive the first call"),
            _("Call one of your numbers; the call appears on this page at once."),
            page,
            Call.objects.exists(),
            50,
        ),
    ]
