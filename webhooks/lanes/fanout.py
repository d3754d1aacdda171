"""Lane `webhooks.fanout`: each new event becomes one body and one delivery for every subscriber."""

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from tenants.bulk import insert
from tenants.ids import uuid7
from tenants.models import Event
from tenants.work import BatchLane, Leased, Outcome, enqueue
from webhooks.events import TEST
from webhooks.hops import hops_of
from webhooks.lanes.subscribers import Subscriber, Subscribers
from webhooks.models import DeliveryState, Trigger, delivery_id
from webhooks.wire import CONTENT_TYPE, render

# One transaction holds at most so many deliveries; an event for thousands of endpoints takes several.
CHUNK = 1000

_PAYLOAD = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("event_id", "uuid"),
    ("variant", "text"),
    ("content_type", "text"),
    ("body", "bytea"),
    ("hops", "smallint"),
    ("created_at", "timestamptz"),
)
_DELIVERY = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("event_id", "uuid"),
    ("endpoint_id", "uuid"),
    ("event_type", "text"),
    ("variant", "text"),
    ("state", "text"),
    ("trigger", "text"),
    ("attempts", "int"),
    ("tries", "int"),
    ("reason", "text"),
    ("detail", "text"),
    ("correlation_id", "uuid"),
    ("created_at", "timestamptz"),
    ("finished_at", "timestamptz"),
)


class Match(NamedTuple):
    event: Event
    subscriber: Subscriber


class FanOutLane(BatchLane):
    name = "webhooks.fanout"
    queue = "webhooks"
    capacity = 512

    def __init__(self) -> None:
        self._subscribers = Subscribers()

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        events = Event.objects.in_bulk([row.subject for row in rows])
        self._subscribers.refresh(event.tenant_id for event in events.values())
        matches = [
            match for row in rows if row.subject in events for match in self._matches(events[row.subject])
        ]
        for start in range(0, len(matches), CHUNK):
            _write(matches[start : start + CHUNK])
        return [Outcome.done(row) for row in rows]

    def _matches(self, event: Event) -> Iterator[Match]:
        if event.type == TEST:
            one = self._subscribers.one(event.tenant_id, uuid.UUID(event.data["endpoint_id"]))
            # A test goes to its endpoint even while that is disabled: it is how one finds out whether to enable it.
            found = [one._replace(is_enabled=True)] if one else []
        else:
            found = self._subscribers.subscribers(event.tenant_id, event.type)
        for subscriber in found:
            yield Match(event, subscriber)


def _write(matches: list[Match]) -> None:
    """Bodies, deliveries and their work in one transaction; doing it again changes nothing."""
    now = timezone.now()
    bodies: dict[tuple[uuid.UUID, str], tuple[Any, ...]] = {}
    deliveries: list[tuple[Any, ...]] = []
    entries = []
    for event, subscriber in matches:
        if (event.id, subscriber.variant) not in bodies:
            bodies[event.id, subscriber.variant] = (
                uuid7(),
                event.tenant_id,
                event.id,
                subscriber.variant,
                CONTENT_TYPE,
                render(event.type, event.occurred_at, event.data),
                hops_of(event.type, event.data),
                now,
            )
        delivery = delivery_id(event.id, subscriber.endpoint_id)
        deliveries.append(_delivery_row(delivery, event, subscriber, now))
        if subscriber.is_enabled:
            entries.append((delivery, event.tenant_id, subscriber.endpoint_id.hex, None))
    with transaction.atomic():
        insert("webhooks_payload", _PAYLOAD, list(bodies.values()), ignore_conflicts=True)
        insert("webhooks_delivery", _DELIVERY, deliveries, ignore_conflicts=True)
        enqueue("webhooks.deliver", entries)


def _delivery_row(id_: uuid.UUID, event: Event, subscriber: Subscriber, now: Any) -> tuple[Any, ...]:
    is_parked = not subscriber.is_enabled
    return (
        id_,
        event.tenant_id,
        event.id,
        subscriber.endpoint_id,
        event.type,
        subscriber.variant,
        DeliveryState.PARKED.value if is_parked else DeliveryState.PENDING.value,
        Trigger.TEST.value if event.type == TEST else Trigger.AUTO.value,
        0,
        0,
        "endpoint_disabled" if is_parked else "",
        "",
        event.correlation_id,
        now,
        now if is_parked else None,
    )
