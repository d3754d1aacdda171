"""The event log: `emit()` writes what happened in the transaction of its cause; consumers take it from there.

Each app declares its types in its own `events.py`. Upper rooms name the lanes that take new events (`consume`).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise

from config.correlation import current_correlation
from config.ids import uuid7
from tenants import bulk
from tenants.models import Event, Tenant
from tenants.scoping import reaching
from tenants.storable import storable, storable_text
from tenants.work import enqueue

NAME = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)+\Z")
KEY_LENGTH = 200

# Goes to the endpoint that its data names and to no other.
DIRECTED = "directed"
# Outside systems may publish it; everything else only Switchboard itself, which knows that it happened.
PUBLISHABLE = "publishable"
# Switchboard itself never tells it: whoever has what it is about publishes it.
EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: dotted name, text for people, JSON Schema of its data and an example.

    `version` rises when the schema changes in a way that readers notice; `deprecation` says what to use instead.
    """

    name: str
    title: str | Promise
    description: str | Promise
    schema: Mapping[str, Any]
    example: Mapping[str, Any]
    version: int = 1
    labels: frozenset[str] = field(default_factory=frozenset)
    deprecation: str | Promise = ""

    @property
    def is_publishable(self) -> bool:
        return PUBLISHABLE in self.labels

    @property
    def is_external(self) -> bool:
        return EXTERNAL in self.labels


_types: dict[str, EventType] = {}
_consumers: list[str] = []


class UnknownEventType(LookupError):
    """`emit()` was given a type that no app declares."""


def register(*types: EventType) -> None:
    """Declare event types; called from an app's `events.py`."""
    for one in types:
        if not NAME.match(one.name):
            raise ValueError(f"{one.name!r} is not a dotted event type")
        if one.name in _types:
            raise ValueError(f"two event types are named {one.name}")
        _types[one.name] = one


def event_types() -> list[EventType]:
    return sorted(_types.values(), key=lambda one: one.name)


def event_type(name: str) -> EventType:
    try:
        return _types[name]
    except KeyError as error:
        raise UnknownEventType(name) from error


def is_declared(name: str) -> bool:
    return name in _types


def consume(lane_name: str) -> None:
    """Have every new event queued in that lane, subject = event id."""
    if lane_name not in _consumers:
        _consumers.append(lane_name)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to be written. `key` makes it happen once: a second event of the tenant with that key is ignored.

    `is_own_type` is for types that the tenant declared itself: whoever sets it has looked the declaration up.
    """

    tenant_id: int
    type: str
    data: Mapping[str, Any]
    key: str
    correlation_id: UUID | None = None
    occurred_at: datetime | None = None
    is_own_type: bool = False


def emit(
    tenant: Tenant | int,
    type: str,
    data: Mapping[str, Any],
    *,
    key: str,
    correlation_id: UUID | None = None,
) -> Event | None:
    """Write one event in the caller's transaction. None when an event with that key exists already."""
    tenant_id = tenant if isinstance(tenant, int) else tenant.pk
    written = emit_many([NewEvent(tenant_id, type, data, key, correlation_id)])
    return written[0] if written else None


def _fitting(key: str) -> str:
    """Keys that do not fit are told apart by a digest: cut off, two events would become one."""
    key = storable_text(key)
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_LENGTH - len(digest) - 1]}:{digest}"


def emit_many(events: list[NewEvent]) -> list[Event]:
    """Write events in bulk in the caller's transaction; those whose key exists already are left out of the answer."""
    rows = [
        bulk.blank(
            Event,
            id=uuid7(),
            tenant_id=new.tenant_id,
            type=new.type if new.is_own_type else event_type(new.type).name,
            data=storable(new.data),
            key=_fitting(new.key),
            occurred_at=new.occurred_at or timezone.now(),
            correlation_id=new.correlation_id or current_correlation(),
        )
        for new in events
    ]
    if not rows:
        return []
    with reaching(row.tenant_id for row in rows):
        kept = bulk.create(rows)
    written = [row for row in rows if row.id in kept]
    for name in _consumers:
        enqueue(name, [(row.id, row.tenant_id, str(row.tenant_id), None) for row in written])
    return written
