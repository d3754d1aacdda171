"""Read stored requests and put what they say into the event log."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.events import NewEvent, emit_many
from tenants.storable import storable_text
from tenants.work import enqueue
from webhooks.events import INBOUND
from webhooks.hops import hops_in
from webhooks.models import Handling, Inbound, InboundState
from webhooks.owners import owner
from webhooks.presets import Arrival, Preset, UnknownPreset
from webhooks.presets.arrival import NotReadable

EVENT_LENGTH = 200


def process_inbound(ids: Sequence[UUID]) -> int:
    """How many became events. Doing it again changes nothing: the event's key is the request and its replay."""
    rows = list(
        Inbound.objects.filter(id__in=ids, state=InboundState.RECEIVED)
        .select_related("source")
        .order_by("id")
    )
    events = [event for row in rows if (event := _read(row)) is not None]
    now = timezone.now()
    for row in rows:
        row.processed_at = now
    with transaction.atomic():
        emit_many(events)
        _pass_on([row for row in rows if row.state == InboundState.PROCESSED])
        Inbound.objects.bulk_update(rows, ["state", "reason", "event_type", "processed_at", "handling"])
    return len(events)


def _pass_on(rows: Sequence[Inbound]) -> None:
    """To the owners of their sources. What is replayed is queued anew even while somebody works on it."""
    waiting: dict[str, list[Inbound]] = {}
    for row in rows:
        if (whose := owner(row.source.owner)) is not None:
            row.handling = Handling.WAITING
            waiting.setdefault(whose.lane, []).append(row)
    for lane, passed in waiting.items():
        enqueue(lane, [(row.id, row.tenant_id, str(row.source_id), None) for row in passed], again=True)


def _read(row: Inbound) -> NewEvent | None:
    """The event of a request; the row is given its outcome."""
    arrival = Arrival(row.headers, row.query, bytes(row.body), options=row.source.options)
    try:
        sender: Preset | None = row.source.sender
    except UnknownPreset:
        sender = None
    if sender is None or not sender.is_readable(arrival):
        row.state, row.reason = InboundState.FAILED, "unreadable_body" if sender else "unknown_sender"
        return None
    row.event_type = storable_text(sender.event(arrival))[:EVENT_LENGTH]
    row.state, row.reason = InboundState.PROCESSED, ""
    return NewEvent(
        row.tenant_id,
        INBOUND,
        _described(row, arrival),
        key=f"{INBOUND}:{row.id}:{row.replays}",
        correlation_id=row.correlation_id,
        occurred_at=row.created_at,
    )


def _described(row: Inbound, arrival: Arrival) -> dict[str, Any]:
    described = {
        "inbound_id": str(row.id),
        "source_id": str(row.source_id),
        "source": row.source.name,
        "sender": row.source.preset,
        "event": row.event_type,
        "received_at": row.created_at.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "content_type": row.content_type,
        "replay": row.replays,
        "hops": hops_in(arrival.headers),
    }
    try:
        return described | {"body": arrival.data}
    except NotReadable:
        return described | {"body": None, "text": arrival.body.decode("utf-8", "replace")}
