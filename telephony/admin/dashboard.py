"""Today's calls and pop-ups on the first page."""

from datetime import datetime
from statistics import quantiles
from typing import Any

from django.db.models import Avg, Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.ids import uuid7_at
from telephony.models import (
    CallDirection,
    CallEvent,
    CallNotification,
    CallStatus,
    NotificationKind,
    NotificationState,
)
from telephony.models.call import MISSED
from telephony.selectors import visible_calls
from tenants.access import member_of
from tenants.admin.dashboard import Attention, Card, dashboard_card, needs_attention, start_of_today

RECENT = 8
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
        answered=Count("id", filter=incoming & Q(status=CallStatus.ANSWERED)),
        missed=Count("id", filter=missed),
        wait=Avg("wait_seconds", filter=incoming),
        talk=Sum("talk_seconds"),
    )
    ended = figures["answered"] + figures["missed"]
    figures["share"] = round(100 * figures["answered"] / ended) if ended else None
    figures["popup_ms"] = popup_latency(request, midnight)
    figures["url"] = reverse("admin:telephony_call_changelist")
    return Card("admin/cards/calls.html", figures, place=10)


def popup_latency(request: HttpRequest, since: datetime) -> dict[str, int] | None:
    """Milliseconds from the ringing to the CRM's answer: median and 95th percentile of the latest pop-ups."""
    sent = CallNotification.objects.filter(
        id__gte=uuid7_at(since),
        kind=NotificationKind.POPUP,
        state=NotificationState.DONE,
        call__in=visible_calls(member_of(request)),
    )
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
        {"calls": list(calls), "url": reverse("admin:telephony_call_changelist")},
        20,
        wide=True,
    )


@needs_attention
def unsent(request: HttpRequest) -> list[Attention]:
    found: list[Attention] = []
    since = uuid7_at(start_of_today())
    own = CallNotification.objects.filter(id__gte=since, call__in=visible_calls(member_of(request)))
    failed = own.filter(state__in=[NotificationState.FAILED, NotificationState.PARKED]).count()
    if failed:
        text = ngettext(
            "%(count)d message to a CRM did not arrive today",
            "%(count)d messages to CRMs did not arrive today",
            failed,
        )
        found.append(
            Attention(
                text % {"count": failed},
                reverse("admin:telephony_callnotification_changelist") + "?state=failed",
            )
        )
    if CallEvent.objects.filter(id__gte=since).exclude(raw="").exists():
        found.append(
            Attention(
                _("The exchange sent events today that could not be read properly"),
                reverse("admin:telephony_callevent_changelist"),
                "warn",
            )
        )
    return found
