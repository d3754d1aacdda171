"""Counts a company's calls of one day anew. Counting again is harmless, so that a late or corrected call is no special case."""

import uuid
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from telephony.actions.tally_months import TEXT, take_away, tally_month
from telephony.models import Call, CallDirection, CallStatus, CallTally, TallyOf
from telephony.models.call import MISSED
from telephony.models.tally import COUNTS, WAIT_FIELDS, WAITS
from tenants import bulk
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.work import enqueue

LANE: Final = "calls.tally"
DAYS: Final = uuid.UUID(
    "6f1d0f3c-6f0c-4d8e-9b35-0c7a3e1d5a10"
)  # names the days of companies as subjects of work
LENGTH: Final = 100


class Ended(NamedTuple):
    """What is read of each call; a tuple, for a day may have very many."""

    started_at: datetime
    direction: str
    status: str
    responsible: str
    did: str
    trunk: str
    wait_seconds: int
    talk_seconds: int | None


Key = tuple[str, str, str]
"""Counted by what, which one, direction."""


@dataclass(slots=True)
class Counts:
    calls: int = 0
    answered: int = 0
    missed: int = 0
    wait_total: int = 0
    talk_total: int = 0
    waits: list[int] = field(default_factory=lambda: [0] * len(WAIT_FIELDS))

    def add(self, call: Ended) -> None:
        self.calls += 1
        self.talk_total += call.talk_seconds or 0
        if call.status == CallStatus.ANSWERED:
            self.answered += 1
            if call.direction == CallDirection.IN:
                self.wait_total += call.wait_seconds
                self.waits[bisect_left(WAITS, call.wait_seconds)] += 1
        elif call.direction == CallDirection.IN and call.status in MISSED:
            self.missed += 1


def want_tally(calls: Sequence[Call], now: datetime | None = None) -> None:
    """Have the days of these calls counted, in the caller's transaction: once a minute at most, however many end.

    A day that is queued becomes due anew even while somebody counts it, or the call that has just ended might be left
    out. The due time is that of the minute, so a busy company does not put it off for ever.
    """
    zones = {
        tenant.pk: tenant.zone
        for tenant in Tenant.objects.filter(pk__in={call.tenant_id for call in calls}).only("timezone")
    }
    days = {
        (call.tenant_id, call.started_at.astimezone(zones[call.tenant_id]).date())
        for call in calls
        if call.tenant_id in zones
    }
    due = _next_minute(now or timezone.now())
    enqueue(
        LANE,
        [
            (subject(tenant_id, day.isoformat()), tenant_id, day.isoformat(), due)
            for tenant_id, day in sorted(days)
        ],
        again=True,
    )


def want_days(tenant_id: int, days: Iterable[date]) -> None:
    """Have these days counted now, where that is not under way already."""
    names = [day.isoformat() for day in days]
    enqueue(LANE, [(subject(tenant_id, name), tenant_id, name, None) for name in names])


def want_months(tenant_id: int, wanted: Iterable[date], *, again: bool = False) -> None:
    """Have these months summed up; `again` where somebody may be doing it at this moment."""
    names = [f"{month:{TEXT}}" for month in wanted]
    enqueue(LANE, [(subject(tenant_id, name), tenant_id, name, None) for name in names], again=again)


def subject(tenant_id: int, span: str) -> uuid.UUID:
    """Names a day or a month of a company."""
    return uuid.uuid5(DAYS, f"{tenant_id}:{span}")


def tally(tenant_id: int, span: str) -> None:
    """Count a day (`2026-11-22`) or sum up a month (`2026-11`)."""
    if len(span) == len("2026-11"):
        tally_month(tenant_id, date.fromisoformat(f"{span}-01"))
    else:
        tally_day(tenant_id, date.fromisoformat(span))


def tally_day(tenant_id: int, day: date) -> int:
    """How many calls the day had. Calls that are not over yet count when they are."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.filter(pk=tenant_id).only("timezone").first()
        if tenant is None:
            return 0
        with transaction.atomic():
            month = take_away(tenant_id, day)
            counted = count(_ended(day, tenant.zone), tenant.zone)
            _store(tenant_id, day, counted)
            if month:
                want_months(tenant_id, [month], again=True)
        return counted[TallyOf.DAY.value, "", ""].calls


def count(calls: Iterable[Ended], zone: ZoneInfo) -> Mapping[Key, Counts]:
    """The calls by everything that statistics ask for."""
    found: dict[Key, Counts] = {(TallyOf.DAY.value, "", ""): Counts()}
    for call in calls:
        hour = f"{call.started_at.astimezone(zone):%H}"
        for key in (
            (TallyOf.DAY.value, "", ""),
            (TallyOf.HOUR.value, hour, call.direction),
            (TallyOf.EXTENSION.value, call.responsible, call.direction),
            (TallyOf.LINE.value, (call.did or call.trunk)[:LENGTH], call.direction),
        ):
            found.setdefault(key, Counts()).add(call)
    return found


def _ended(day: date, zone: ZoneInfo) -> Iterable[Ended]:
    since, until = bounds(day, zone)
    rows = Call.objects.filter(
        started_at__gte=since, started_at__lt=until, merged_into__isnull=True, finished_at__isnull=False
    )
    return map(Ended._make, rows.order_by().values_list(*Ended._fields).iterator(chunk_size=5_000))


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From midnight to midnight, which is not always 24 hours."""
    return datetime.combine(day, time.min, zone), datetime.combine(day + timedelta(days=1), time.min, zone)


def _store(tenant_id: int, day: date, counted: Mapping[Key, Counts]) -> None:
    rows = [
        CallTally(
            tenant_id=tenant_id, day=day, of=of, key=key, direction=direction, calls=counts.calls,
            answered=counts.answered, missed=counts.missed, wait_total=counts.wait_total,
            talk_total=counts.talk_total, **dict(zip(WAIT_FIELDS, counts.waits, strict=True)),
        )
        for (of, key, direction), counts in sorted(counted.items())
    ]  # fmt: skip
    there = CallTally.objects.filter(day=day).values_list("of", "key", "direction", "id")
    gone = [key for *names, key in there if tuple(names) not in counted]
    for begin in range(0, len(gone), 500):
        CallTally.objects.filter(id__in=gone[begin : begin + 500]).delete()
    bulk.upsert(rows, ["tenant", "of", "day", "key", "direction"], [*COUNTS, "created_at"])


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
