"""Lane `webhooks.fanout`: each new event becomes one body and one delivery for every subscriber."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from tenants.bulk import insert
from tenants.models import Event, Work
from tenants.work import BatchLane, Leased, Outcome, enqueue
from webhooks.actions.render_again import DETAIL_LENGTH, TEMPLATE_FAILED
from webhooks.bodies import PAYLOAD, own_titles, payload_row
from webhooks.events import TEST
from webhooks.flow import rows as shared
from webhooks.flow import streams
from webhooks.formats import RenderFailed
from webhooks.lanes.subscribers import Subscriber, Subscribers
from webhooks.models import Delivery, DeliveryState, Endpoint, Trigger, delivery_id
from webhooks.reports.event_types import REPORTS

# One transaction holds at most so many deliveries; an event for thousands of endpoints takes several.
CHUNK = 1000

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
    ("seq", "bigint"),
    ("stream", "text"),
)
# Events of a company that has an order wait for one another: what a worker of its own has is soon there.
WAIT = 0.05
_SEQ, _STREAM = len(_DELIVERY) - 2, len(_DELIVERY) - 1


class Match(NamedTuple):
    event: Event
    subscriber: Subscriber
    stream: str | None = None


class FanOutLane(BatchLane):
    name = "webhooks.fanout"
    queue = "webhooks"
    capacity = 512

    def __init__(self) -> None:
        self._subscribers = Subscribers()

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        events = Event.objects.in_bulk([row.subject for row in rows])
        self._subscribers.refresh(event.tenant_id for event in events.values())
        early = self._early(rows)
        matches = [
            match
            for row in rows
            if row.subject in events and row.id not in early
            for match in self._matches(events[row.subject])
        ]
        for start in range(0, len(matches), CHUNK):
            _write(matches[start : start + CHUNK])
        return [
            Outcome.retry(row, WAIT, counted=False) if row.id in early else Outcome.done(row) for row in rows
        ]

    def _early(self, rows: list[Leased]) -> set[int]:
        """Those whose company keeps an order, and that come after an event which somebody else still has."""
        ordered = [row for row in rows if self._subscribers.has_order(row.tenant_id)]
        if not ordered:
            return set()
        others = Work.objects.filter(
            lane=self.name, group__in={row.group for row in ordered}, id__lt=max(row.id for row in ordered)
        ).exclude(id__in=[row.id for row in rows])
        first = dict(others.order_by().values_list("group").annotate(Min("id")))
        return {row.id for row in ordered if first.get(row.group, row.id) < row.id}

    def _matches(self, event: Event) -> Iterator[Match]:
        if event.type == TEST:
            one = self._subscribers.one(event.tenant_id, uuid.UUID(event.data["endpoint_id"]))
            # A test goes to its endpoint even while that is disabled: it is how one finds out whether to enable it.
            found = [one._replace(is_enabled=True)] if one else []
        else:
            found = [
                one
                for one in self._subscribers.subscribers(event.tenant_id, event.type)
                if one.accepts is None or one.accepts(event.type, event.data)
            ]
            if event.type in REPORTS:
                found = self._with_named(event, found)
        for subscriber in found:
            yield _match(event, subscriber)

    def _with_named(self, event: Event, found: list[Subscriber]) -> list[Subscriber]:
        """A report also goes to the endpoints that it names, whatever they subscribe to."""
        known = {one.endpoint_id: one for one in found}
        for id_ in map(uuid.UUID, event.data["endpoint_ids"]):
            one = self._subscribers.one(event.tenant_id, id_)
            if one is not None:
                known.setdefault(id_, one)
        return list(known.values())


def _write(matches: list[Match]) -> None:
    """Bodies, deliveries and their work in one transaction; doing it again changes nothing."""
    now = timezone.now()
    bodies: dict[tuple[uuid.UUID, str], tuple[Any, ...]] = {}
    failures: dict[tuple[uuid.UUID, str], str] = {}
    deliveries: list[tuple[Any, ...]] = []
    entries = []
    titles = own_titles(event for event, subscriber, _stream in matches if subscriber.form is not None)
    for event, subscriber, stream in matches:
        key = (event.id, subscriber.variant)
        if key not in bodies and key not in failures:
            try:
                bodies[key] = payload_row(
                    event, subscriber.variant, subscriber.form, subscriber.company, now, titles
                )
            except RenderFailed as error:
                failures[key] = str(error)
        failure = failures.get(key, "")
        delivery = delivery_id(event.id, subscriber.endpoint_id)
        deliveries.append((*_delivery_row(delivery, event, subscriber, now, failure), None, stream))
        if stream is None and subscriber.is_enabled and not failure:
            # Tests wait for no limit: by them one finds out what is the matter.
            group = f"{subscriber.endpoint_id.hex}.test" if event.type == TEST else subscriber.endpoint_id.hex
            entries.append((delivery, event.tenant_id, group, None))
    with transaction.atomic():
        insert("webhooks_payload", PAYLOAD, list(bodies.values()), ignore_conflicts=True)
        numbered = _numbered(deliveries)
        insert("webhooks_delivery", _DELIVERY, numbered, ignore_conflicts=True)
        streams.advance(
            {(row[3], row[_STREAM]) for row in numbered if row[_STREAM] is not None},
            {row[3]: row[1] for row in numbered},
        )
        enqueue("webhooks.deliver", entries)


def send_events(endpoint: Endpoint, events: Sequence[Event]) -> None:
    """Deliveries of past events to one endpoint, by the way of new ones; one that is there already stays as it is."""
    subscribers = Subscribers()
    subscribers.refresh([endpoint.tenant_id])
    one = subscribers.one(endpoint.tenant_id, endpoint.pk)
    if one is not None:
        _write([_match(event, one) for event in events])


def _match(event: Event, subscriber: Subscriber) -> Match:
    """With the stream that the event has its place in; a test waits for nobody."""
    if subscriber.stream_of is None or event.type == TEST:
        return Match(event, subscriber)
    return Match(event, subscriber, subscriber.stream_of(event.data))


def _numbered(deliveries: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Those of an order with their numbers, without gaps: a repeated fan-out numbers nothing anew."""
    ids = {row[0]: row[3] for row in deliveries if row[_STREAM] is not None}
    if not ids:
        return deliveries
    flows, _now = shared.locked(set(ids.values()))
    there = set(Delivery.objects.filter(id__in=ids).values_list("id", flat=True))
    numbered = []
    for row in deliveries:
        if row[_STREAM] is not None:
            if row[0] in there or row[3] not in flows:
                continue
            flows[row[3]].last_seq += 1
            row = (*row[:_SEQ], flows[row[3]].last_seq, row[_STREAM])
        numbered.append(row)
    shared.write(list(flows.values()))
    return numbered


def _delivery_row(
    id_: uuid.UUID, event: Event, subscriber: Subscriber, now: Any, failure: str
) -> tuple[Any, ...]:
    reason = TEMPLATE_FAILED if failure else "" if subscriber.is_enabled else "endpoint_disabled"
    return (
        id_,
        event.tenant_id,
        event.id,
        subscriber.endpoint_id,
        event.type,
        subscriber.variant,
        DeliveryState.PARKED.value if reason else DeliveryState.PENDING.value,
        Trigger.TEST.value if event.type == TEST else Trigger.AUTO.value,
        0,
        0,
        reason,
        failure[:DETAIL_LENGTH],
        event.correlation_id,
        now,
        now if reason else None,
    )
