"""Reads what a diagnosis needs. Everything in the scope of the company that is active."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from config.ids import uuid7_at
from integrations import live
from integrations.capabilities import CallNotifications
from integrations.connectors import with_capability as connectors_with
from integrations.models import Integration
from telephony import policies
from telephony.diagnosis.facts import CallFacts, CrmFacts, Popup, SearchFacts
from telephony.models import Call, CallEvent, CallNotification, NotificationKind, Pbx, PopupMode
from telephony.policies import HeardLine, Policy

AROUND: Final = timedelta(minutes=10)
MOST_EVENTS: Final = 1_000


def gather(call: Call) -> CallFacts:
    """Five queries, whatever the call; what the company chose lies in memory as a rule."""
    events = list(
        CallEvent.objects.filter(call=call).only("source", "kind", "degraded").order_by("id")[:MOST_EVENTS]
    )
    rang = tuple(
        dict.fromkeys(name for ring in call.rings if isinstance(ring, dict) for name in ring["extensions"])
    )
    policy = policies.of_tenant(call.tenant_id)
    line = policy.line(call.did, call.trunk)
    return CallFacts(
        call_id=call.pk,
        started_at=call.started_at,
        direction=call.direction,
        client_raw=call.client_raw,
        client_number=call.client_number,
        did=call.did,
        trunk=call.trunk,
        line=line.title,
        line_id=line.id,
        is_line_told=line.is_enabled,
        is_over=call.finished_at is not None,
        merged_into=call.merged_into_id,
        events=len(events),
        sources=frozenset(event.source for event in events),
        kinds=frozenset(event.kind for event in events),
        degraded=tuple(dict.fromkeys(text for event in events for text in event.degraded_texts)),
        has_clock_skew="clock_skew" in call.flags,
        is_ring_synthetic="synthetic_ring" in call.flags,
        rang=rang,
        crms=_crms(call, rang, policy, line),
        region=call.tenant.phone_region,
    )


def _crms(call: Call, rang: tuple[str, ...], policy: Policy, line: HeardLine) -> list[CrmFacts]:
    """Those that can be told of calls, and those that were."""
    quiet = {name: mode for name in rang if (mode := policy.popups_of(name)) != PopupMode.RING}
    popups: dict[object, list[Popup]] = {}
    told = CallNotification.objects.filter(call=call, kind=NotificationKind.POPUP).order_by("id")
    for one in told:
        popups.setdefault(one.integration_id, []).append(_popup(one))
    codes = connectors_with(CallNotifications)
    rows = {
        row.pk: row
        for row in Integration.objects.only("created_at", "paused_reason", "health_reason", "health")
    }
    return [
        CrmFacts(
            id=one.id,
            name=one.name,
            is_enabled=one.is_enabled,
            since=rows[one.id].created_at if one.id in rows else None,
            paused_reason=rows[one.id].paused_reason if one.id in rows else "",
            broken=one.circuit.reason if one.circuit and one.circuit.open_until > timezone.now() else "",
            health=rows[one.id].health_reason if one.id in rows else "",
            users={extension: user for extension, user in one.users.items() if extension in rang},
            popups=popups.get(one.id, ()),
            hears_line=line.is_heard_by(one.id),
            quiet=quiet,
        )
        for one in live.of_tenant(call.tenant_id)
        if one.connector in codes or one.id in popups
    ]


def _popup(one: CallNotification) -> Popup:
    waited = None
    if one.rang_at and one.settled_at:
        waited = round((one.settled_at - one.rang_at).total_seconds() * 1000)
    return Popup(
        extensions=tuple(one.extensions),
        state=one.state,
        reason_code=one.reason_code,
        why=one.why,
        waited=waited,
        unknown_there=tuple(str(issue.get("value", "")) for issue in one.issues if isinstance(issue, dict)),
    )


def look_around(at: datetime) -> SearchFacts:
    """What came at about that time. Six queries, each of a few minutes of an index."""
    around = CallEvent.objects.filter(id__gte=uuid7_at(at - AROUND), id__lt=uuid7_at(at + AROUND))
    exchanges = list(Pbx.objects.values_list("is_enabled", flat=True))
    last = CallEvent.objects.order_by("-id").only("created_at").first()
    return SearchFacts(
        exchanges=len(exchanges),
        enabled_exchanges=sum(exchanges),
        last_event_at=last.created_at if last else None,
        events_around=len(around.values_list("id")[:MOST_EVENTS]),
        loose=len(around.filter(call__isnull=True).values_list("id")[:MOST_EVENTS]),
        degraded=len(around.exclude(raw="").values_list("id")[:MOST_EVENTS]),
        calls_around=len(
            Call.objects.filter(
                started_at__gte=at - AROUND, started_at__lt=at + AROUND, merged_into__isnull=True
            ).values_list("id")[:MOST_EVENTS]
        ),
    )
