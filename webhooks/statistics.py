"""How deliveries went, from the hourly tallies: for one endpoint, or for all of the company's."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from config.ids import uuid7_at
from webhooks.models import BOUNDS, Delivery, DeliveryState, EndpointTally, TryOutcome
from webhooks.reasons import explained

LONGEST: Final = timedelta(days=31)
USUAL: Final = timedelta(days=1)
MOST_COUNTED: Final = 10_000
"""What waits is counted no further than this."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why tries failed: a code of `webhooks.reasons`, its words, and how many there were."""

    code: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Hour:
    """Tries that began within this hour."""

    hour: datetime
    delivered: int = 0
    retried: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """`success_rate` is of the deliveries that ended, from 0 to 1; durations are those of delivered tries, in ms.

    They are read off classes (BOUNDS) and thus good to about a quarter. `waiting` stops at MOST_COUNTED.
    """

    since: datetime
    until: datetime
    delivered: int
    retried: int
    given_up: int
    success_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    reasons: tuple[Reason, ...]
    hours: tuple[Hour, ...]
    waiting: int
    parked: int
    oldest_waiting_at: datetime | None


def statistics(endpoint_id: UUID | None = None, lasting: timedelta = USUAL) -> Statistics:
    """Of the last whole hours and the present one. Four queries, whatever was sent."""
    until = timezone.now()
    since = (until - lasting).replace(minute=0, second=0, microsecond=0)
    tallies = EndpointTally.objects.filter(hour__gte=since, hour__lte=until)
    deliveries = Delivery.objects.all()
    if endpoint_id is not None:
        tallies = tallies.filter(endpoint_id=endpoint_id)
        deliveries = deliveries.filter(endpoint_id=endpoint_id)
    by_outcome, reasons, durations = _totals(tallies)
    ended = by_outcome[TryOutcome.DELIVERED] + by_outcome[TryOutcome.GIVEN_UP]
    waiting, parked, oldest = _waiting(deliveries)
    return Statistics(
        since=since,
        until=until,
        delivered=by_outcome[TryOutcome.DELIVERED],
        retried=by_outcome[TryOutcome.RETRIED],
        given_up=by_outcome[TryOutcome.GIVEN_UP],
        success_rate=round(by_outcome[TryOutcome.DELIVERED] / ended, 4) if ended else None,
        p50_ms=percentile(durations, 0.5),
        p95_ms=percentile(durations, 0.95),
        reasons=tuple(
            Reason(code, explained(code).what, count) for code, count in reasons.most_common() if code
        ),
        hours=_hours(tallies, since, until),
        waiting=waiting,
        parked=parked,
        oldest_waiting_at=oldest,
    )


def _totals(tallies: QuerySet[EndpointTally]) -> tuple[Counter[str], Counter[str], Counter[int]]:
    by_outcome: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    durations: Counter[int] = Counter()
    rows = tallies.order_by().values_list("outcome", "reason", "duration").annotate(Sum("count"))
    for outcome, reason, duration, count in rows:
        by_outcome[outcome] += count
        reasons[reason] += count
        if outcome == TryOutcome.DELIVERED:
            durations[duration] += count
    return by_outcome, reasons, durations


def _hours(tallies: QuerySet[EndpointTally], since: datetime, until: datetime) -> tuple[Hour, ...]:
    number = int((until - since) / timedelta(hours=1)) + 1
    found = {since + timedelta(hours=n): Counter[str]() for n in range(number)}
    for hour, outcome, count in tallies.order_by().values_list("hour", "outcome").annotate(Sum("count")):
        found[hour.replace(minute=0, second=0, microsecond=0)][outcome] += count
    return tuple(
        Hour(hour, of[TryOutcome.DELIVERED], of[TryOutcome.RETRIED], of[TryOutcome.GIVEN_UP])
        for hour, of in found.items()
    )


def _waiting(deliveries: QuerySet[Delivery]) -> tuple[int, int, datetime | None]:
    """How many are pending and parked, each counted no further than MOST_COUNTED, and the age of the oldest pending."""
    pending = deliveries.filter(state=DeliveryState.PENDING)
    oldest = pending.order_by("id").values_list("created_at", flat=True).first()
    parked = deliveries.filter(state=DeliveryState.PARKED)
    return pending[:MOST_COUNTED].count() if oldest else 0, parked[:MOST_COUNTED].count(), oldest


def percentile(durations: Counter[int], part: float) -> float | None:
    """In ms, between the bounds of its class as if durations were spread evenly there; None without any."""
    left = sum(durations.values()) * part
    edges: Sequence[tuple[int, int]] = list(pairwise((0, *BOUNDS, BOUNDS[-1] * 2)))
    for place, (low, high) in enumerate(edges):
        count = durations[place]
        if count and left <= count:
            return round(low + (high - low) * left / count, 1)
        left -= count
    return None


def today(midnight: datetime) -> dict[str, int]:
    """Deliveries that ended since then, by the tallies, and what is under way: two queries, however many there are.

    Tallies are by the hour: where midnight is at half past, the hour before counts too.
    """
    tallies = EndpointTally.objects.filter(hour__gte=midnight.replace(minute=0)).order_by()
    by_outcome = dict(tallies.values_list("outcome").annotate(Sum("count")))
    done, failed = by_outcome.get(TryOutcome.DELIVERED, 0), by_outcome.get(TryOutcome.GIVEN_UP, 0)
    pending = Delivery.objects.filter(state=DeliveryState.PENDING)[:MOST_COUNTED].count()
    return {"total": done + failed + pending, "done": done, "pending": pending, "failed": failed}


def failed_since(moment: datetime) -> int:
    """Deliveries of events since then that were given up, counted no further than MOST_COUNTED."""
    failed = Delivery.objects.filter(id__gte=uuid7_at(moment), state=DeliveryState.FAILED)
    return failed[:MOST_COUNTED].count()
