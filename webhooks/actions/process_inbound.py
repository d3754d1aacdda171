"""Read stored requests and put what they say into the event log."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.events import NewEvent, emit_many
from tenants.storable import storable_text
from tenants.work import enqueue
from webhooks.actions.keep_aside import UNEXPECTED, learn_events
from webhooks.actions.relay_inbound import described, relayed
from webhooks.events import INBOUND
from webhooks.models import Handling, Inbound, InboundState, Intake
from webhooks.owners import owner
from webhooks.presets import Arrival, Preset, UnknownPreset
from webhooks.relaying import is_expected

EVENT_LENGTH = 200


def process_inbound(ids: Sequence[UUID]) -> int:
    """How many were understood. Doing it again changes nothing: the event's key is the request and its replay."""
    rows = list(
        Inbound.objects.filter(id__in=ids, state=InboundState.RECEIVED)
        .select_related("source")
        .order_by("id")
    )
    events = [event for row in rows if (event := _read(row)) is not None]
    understood = [row for row in rows if row.state == InboundState.PROCESSED]
    now = timezone.now()
    for row in rows:
        row.processed_at = now
    with transaction.atomic():
        learn_events(understood)
        emit_many([*events, *relayed(understood)])
        _pass_on(understood)
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
    if _is_strange(row):
        row.state, row.reason = InboundState.ASIDE, UNEXPECTED
        return None
    row.state, row.reason = InboundState.PROCESSED, ""
    return NewEvent(
        row.tenant_id,
        INBOUND,
        described(row, arrival, sender),
        key=f"{INBOUND}:{row.id}:{row.replays}",
        correlation_id=row.correlation_id,
        occurred_at=row.created_at,
    )


def _is_strange(row: Inbound) -> bool:
    """Whether it is kept aside. What a person has processed again is taken: that was a decision."""
    source = row.source
    return (
        source.intake == Intake.LISTED
        and not row.replays
        and not is_expected(source.expected, row.event_type)
    )
