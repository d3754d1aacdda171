"""One endpoint's events in the order in which they happened, for subscribers that come and fetch them.

The same deliveries, with the same ids and bytes, as are sent: who was away, or is behind a firewall, catches up by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from config.ids import uuid7_at
from tenants.models import Work
from tenants.work.horizon import horizon
from webhooks.models import Delivery, Endpoint, Payload

USUAL: Final = 100
MOST: Final = 250
START: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Polled:
    """`id` is the webhook-id; `body` is None where it is no longer kept, or could not be made by the template."""

    id: UUID
    type: str
    delivery: UUID
    state: str
    created_at: datetime
    content_type: str
    body: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """`cursor` is the place behind the last event, to be given next time; `has_more` says that there are more now."""

    events: tuple[Polled, ...]
    cursor: UUID
    has_more: bool


def poll(endpoint: Endpoint, after: UUID, limit: int = USUAL) -> Batch:
    """What comes after that place, oldest first. Nothing that is still being written is stepped over."""
    last = _complete_until(endpoint.tenant_id)
    rows = Delivery.objects.filter(endpoint=endpoint, id__gt=after, id__lt=last).order_by("id")
    found = list(rows[: limit + 1])
    shown = found[:limit]
    bodies = {
        (event_id, variant): (content_type, bytes(body).decode("utf-8", "replace"))
        for event_id, variant, content_type, body in Payload.objects.filter(
            event_id__in=[row.event_id for row in shown]
        ).values_list("event_id", "variant", "content_type", "body")
    }
    events = tuple(_polled(row, bodies.get((row.event_id, row.variant))) for row in shown)
    return Batch(events, shown[-1].id if shown else after, len(found) > limit)


def place_at(moment: datetime) -> UUID:
    """The place before the first event of that moment."""
    return uuid7_at(moment)


def _polled(row: Delivery, body: tuple[str, str] | None) -> Polled:
    content_type, text = body or ("", None)
    return Polled(row.event_id, row.event_type, row.id, row.state, row.created_at, content_type, text)


def _complete_until(tenant_id: int) -> UUID:
    """Deliveries below this id are all there: no event before it waits to be fanned out."""
    last = uuid7_at(horizon())
    queued = Work.objects.filter(lane="webhooks.fanout", group=str(tenant_id)).order_by("subject")
    oldest = queued.values_list("subject", flat=True).first()
    # A delivery's id begins as its event's does (webhooks.models.delivery_id).
    return last if oldest is None else min(last, UUID(bytes=oldest.bytes[:8] + bytes(8)))
