"""Events that an endpoint would have got and never did: they happened before it was there, or before it asked for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from config.ids import uuid7_at
from tenants.models import Event
from webhooks.events import TEST
from webhooks.filters import compile_filter
from webhooks.matching import Patterns
from webhooks.models import Delivery, Endpoint

BATCH: Final = 500
MOST_COUNTED: Final = 50_000
"""Events looked at for a count; beyond that it is "at least"."""


class Looked(NamedTuple):
    """`last` is the newest event that was looked at, `seen` how many were, `missing` those without a delivery, in order."""

    last: UUID
    seen: int
    missing: list[Event]


@dataclass(frozen=True, slots=True)
class Counted:
    count: int
    is_all: bool


def look(endpoint: Endpoint, since: datetime, until: datetime, after: UUID | None = None) -> Iterator[Looked]:
    """Batch by batch, oldest first, so that it can go on where it stopped."""
    patterns, accepts = Patterns(endpoint.events), compile_filter(endpoint.filter)
    last = after
    while True:
        rows = Event.objects.filter(id__gte=uuid7_at(since), id__lt=uuid7_at(until)).order_by("id")
        found = list((rows.filter(id__gt=last) if last else rows).values_list("id", "type")[:BATCH])
        if not found:
            return
        last = found[-1][0]
        wanted = [id_ for id_, type_ in found if type_ != TEST and patterns.match(type_)]
        missing = _without_delivery(endpoint, wanted)
        if accepts is not None:
            missing = [event for event in missing if accepts(event.type, event.data)]
        yield Looked(last, len(found), missing)


def count_missing(endpoint: Endpoint, since: datetime, until: datetime) -> Counted:
    seen = count = 0
    for looked in look(endpoint, since, until):
        seen += looked.seen
        count += len(looked.missing)
        if seen >= MOST_COUNTED:
            return Counted(count, False)
    return Counted(count, True)


def _without_delivery(endpoint: Endpoint, ids: Sequence[UUID]) -> list[Event]:
    if not ids:
        return []
    there = Delivery.objects.filter(endpoint=endpoint, event_id__in=ids).order_by()
    known = set(there.values_list("event_id", flat=True))
    return list(Event.objects.filter(id__in=[id_ for id_ in ids if id_ not in known]).order_by("id"))
