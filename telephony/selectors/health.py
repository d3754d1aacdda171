"""How each exchange's connection is: when it was heard last, how much it says, and how much of it could be read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Max
from django.db.models.functions import TruncMinute
from django.utils import timezone

from config.ids import uuid7_at
from telephony.models import Call, CallAlias, CallEvent, CallPhase, Pbx

MINUTES: Final = 10
WINDOW: Final = timedelta(minutes=MINUTES)
LAST_WITHIN: Final = timedelta(
    days=7
)  # of an exchange that was silent for longer it is only said that it was
QUIET_AFTER: Final = timedelta(hours=24)
MOST_DEGRADED: Final = 1_000
MOST_EXCHANGES: Final = 50


@dataclass(frozen=True, slots=True)
class ExchangeHealth:
    """`minutes` are the events of each of the last ten, the latest last; `degraded` those of a day that were odd.

    `last_event_at` is empty when nothing came in a day; `was_heard` tells whether anything ever did.
    """

    id: UUID
    name: str
    is_enabled: bool
    was_heard: bool = False
    last_event_at: datetime | None = None
    minutes: Sequence[int] = ()
    sources: Sequence[str] = ()
    degraded: int = 0
    open_calls: int = 0
    now: datetime = field(default_factory=timezone.now)

    @property
    def state(self) -> str:
        """off, never, quiet, degraded or well."""
        if not self.is_enabled:
            return "off"
        if self.last_event_at is None:
            return "quiet" if self.was_heard else "never"
        return "degraded" if self.degraded else "well"

    @property
    def per_minute(self) -> float:
        return sum(self.minutes) / MINUTES


def exchanges() -> list[ExchangeHealth]:
    """Of the company in scope. Four queries, and two more for each exchange that was silent in the last minutes."""
    now = timezone.now()
    rows = list(Pbx.objects.order_by("name").only("name", "is_enabled")[:MOST_EXCHANGES])
    if not rows:
        return []
    said = _said(now)
    degraded = _degraded(now)
    going_on = Call.objects.filter(started_at__gte=now - timedelta(hours=4)).exclude(phase=CallPhase.ENDED)
    open_calls = Counter(going_on.values_list("pbx_id", flat=True))
    return [
        _health(row, [one for one in said if one.pbx_id == row.pk], degraded, open_calls, now) for row in rows
    ]


class Said(NamedTuple):
    """How much an exchange told by one way in one minute."""

    pbx_id: UUID
    source: str
    minute: datetime
    events: int
    last: datetime


def _said(now: datetime) -> list[Said]:
    latest = CallEvent.objects.filter(id__gte=uuid7_at(now - WINDOW)).order_by()
    grouped = latest.annotate(minute=TruncMinute("created_at", tzinfo=UTC)).values_list(
        "pbx_id", "source", "minute"
    )
    return [Said(*row) for row in grouped.annotate(count=Count("id"), last=Max("created_at"))]


def _health(
    row: Pbx, said: Sequence[Said], degraded: Counter[UUID], open_calls: Counter[UUID], now: datetime
) -> ExchangeHealth:
    minutes = [0] * MINUTES
    for one in said:
        ago = int((now - one.minute).total_seconds() // 60)
        minutes[MINUTES - 1 - min(max(ago, 0), MINUTES - 1)] += one.events
    last = max((one.last for one in said), default=None) or _last_of(row.pk, now)
    return ExchangeHealth(
        id=row.pk,
        name=row.name,
        is_enabled=row.is_enabled,
        was_heard=last is not None or CallAlias.objects.filter(pbx_id=row.pk).exists(),
        last_event_at=last,
        minutes=minutes,
        sources=sorted({one.source for one in said}),
        degraded=degraded[row.pk],
        open_calls=open_calls[row.pk],
        now=now,
    )


def _last_of(pbx_id: UUID, now: datetime) -> datetime | None:
    """Its latest call of a day: a silent exchange beside a busy one must not cost a walk through all that the other said."""
    calls = Call.objects.filter(pbx_id=pbx_id, id__gte=uuid7_at(now - QUIET_AFTER))
    return calls.order_by("-id").values_list("updated_at", flat=True).first()


def _degraded(now: datetime) -> Counter[UUID]:
    odd = CallEvent.objects.filter(id__gte=uuid7_at(now - timedelta(days=1))).exclude(raw="")
    return Counter(odd.order_by("-id").values_list("pbx_id", flat=True)[:MOST_DEGRADED])
