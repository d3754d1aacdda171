"""Removes what is kept only for a while, in small batches, without touching anything unfinished."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.ids import uuid7_at
from webhooks import limits
from webhooks.models import (
    Attempt,
    Capture,
    CapturedRequest,
    Delivery,
    DeliveryState,
    EndpointTally,
    Inbound,
    InboundReplay,
    InboundState,
    Letter,
    Payload,
    ReplayState,
    ReportRun,
)
from webhooks.statistics import LONGEST

BATCH = 1000
REPORTS_KEPT = timedelta(days=400)
CAPTURE_KEPT = timedelta(days=1)


def forget_old(now: datetime | None = None) -> dict[str, int]:
    """What went well after a month, everything else that is finished after three; how many rows went."""
    now = now or timezone.now()
    processed = Inbound.objects.filter(state=InboundState.PROCESSED)
    unwell = Inbound.objects.filter(state__in=(InboundState.FAILED, InboundState.ASIDE, InboundState.DROPPED))
    done = Delivery.objects.filter(state=DeliveryState.DONE)
    others = Delivery.objects.exclude(state__in=(DeliveryState.DONE, DeliveryState.PENDING))
    return {
        "deliveries": _forget_deliveries(done, now - limits.kept_after_success())
        + _forget_deliveries(others, now - limits.kept_after_failure()),
        "payloads": _forget_payloads(now - limits.kept_after_failure()),
        "tallies": _forget_tallies(now - LONGEST - timedelta(days=1)),
        "reports": _forget_rows(ReportRun.objects.all(), now - REPORTS_KEPT),
        "letters": _forget_rows(Letter.objects.all(), now - limits.kept_after_failure()),
        "captures": _forget_captures(now - CAPTURE_KEPT),
        "replays": _delete(
            InboundReplay.objects.exclude(state=ReplayState.RUNNING).filter(
                id__lt=uuid7_at(now - limits.kept_after_failure())
            )
        ),
        "inbound": _forget_inbound(processed, now - limits.kept_after_success())
        + _forget_inbound(unwell, now - limits.kept_after_failure()),
    }


def _forget_deliveries(deliveries: QuerySet[Delivery], before: datetime) -> int:
    """From the oldest on, each batch where the one before ended: what is kept for longer is stepped over once."""
    total = 0
    last = uuid.UUID(int=0)
    while ids := list(_old(deliveries, last, before).values_list("id", flat=True)):
        last = ids[-1]
        with transaction.atomic():
            _delete(Attempt.objects.filter(delivery__in=ids))
            total += _delete(Delivery.objects.filter(id__in=ids))
    return total


def _old(rows: QuerySet[Any], after: uuid.UUID, before: datetime) -> QuerySet[Any]:
    """The next batch by age; the key's own index serves it."""
    return rows.filter(id__gt=after, id__lt=uuid7_at(before)).order_by("id")[:BATCH]


def _forget_inbound(rows: QuerySet[Inbound], before: datetime) -> int:
    """A repeat that comes later than this would be taken for new; no sender repeats for so long."""
    return _forget_rows(rows, before)


def _forget_rows(rows: QuerySet[Any], before: datetime) -> int:
    total = 0
    last = uuid.UUID(int=0)
    while ids := list(_old(rows, last, before).values_list("id", flat=True)):
        last = ids[-1]
        total += _delete(rows.model._default_manager.filter(id__in=ids))
    return total


def _forget_captures(before: datetime) -> int:
    """They hold what nobody masked: a day after their hour they go, with their requests."""
    old = Capture.objects.filter(expires_at__lt=before)
    _delete(CapturedRequest.objects.filter(capture__in=old))
    return _delete(old)


def _forget_payloads(before: datetime) -> int:
    """A body lives as long as a delivery may still need it."""
    total = 0
    last = uuid.UUID(int=0)
    while rows := list(_old(Payload.objects.all(), last, before).values_list("id", "event_id")):
        last = rows[-1][0]
        needed = _unfinished({event_id for _id, event_id in rows})
        spent = [id_ for id_, event_id in rows if event_id not in needed]
        if spent:
            total += _delete(Payload.objects.filter(id__in=spent))
    return total


def _unfinished(event_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    waiting = Delivery.objects.filter(event__in=event_ids, state=DeliveryState.PENDING)
    return set(waiting.values_list("event_id", flat=True))


def _forget_tallies(before: datetime) -> int:
    total = 0
    old = EndpointTally.objects.filter(hour__lt=before).order_by("hour")
    while ids := list(old.values_list("id", flat=True)[:BATCH]):
        total += _delete(EndpointTally.objects.filter(id__in=ids))
    return total


def _delete(rows: QuerySet[Any]) -> int:
    """One statement: Django's own delete would first read every row to look for dependants."""
    return rows._raw_delete(rows.db) or 0
