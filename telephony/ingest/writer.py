"""Writes the events of many exchanges in few transactions (config/front/group_commit.py)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from config.front.group_commit import GroupWriter
from config.ids import uuid7
from telephony.ingest.parse import ParsedEvent
from telephony.ingest.tokens import Source
from telephony.models import CallEvent
from tenants.scoping import all_tenants
from tenants.work.arrivals import arrive

LANE: Final = "calls.fold"
SEALED: Final = CallEvent._meta.get_field("sealed")
COLUMNS: Final = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("created_at", "timestamptz"),
    ("pbx_id", "uuid"),
    ("source", "text"),
    ("kind", "text"),
    ("unique_id", "text"),
    ("linked_id", "text"),
    ("payload", "jsonb"),
    ("sealed", "text"),
    ("raw", "text"),
    ("degraded", "jsonb"),
    ("digest", "bytea"),
    ("address", "text"),
)


class NewCallEvent(NamedTuple):
    """One row to be, and whom to tell."""

    source: Source
    event: ParsedEvent
    address: str
    at: datetime
    id: UUID


def arrived(source: Source, event: ParsedEvent, address: str, at: datetime | None = None) -> NewCallEvent:
    """The row of an event that came at that time, else now."""
    return NewCallEvent(source, event, address, at or datetime.now(UTC), uuid7())


def insert(events: Sequence[NewCallEvent]) -> int:
    """Store events and queue their folding; how many were new. A repeat is no error and no row."""
    with all_tenants():
        return len(
            arrive(
                "telephony_callevent", COLUMNS, [_row(event) for event in events], lane=LANE, group="pbx_id"
            )
        )


def _row(new: NewCallEvent) -> tuple[Any, ...]:
    event = new.event
    return (
        new.id,
        new.source.tenant_id,
        new.at,
        new.source.pbx_id,
        event.source,
        event.kind,
        event.unique_id,
        event.linked_id,
        event.payload,
        SEALED.get_prep_value(event.sealed or None),
        event.raw,
        event.degraded,
        event.digest,
        new.address,
    )


class CallEventWriter(GroupWriter[NewCallEvent, None]):
    name = "call event writer"

    def insert(self, items: Sequence[NewCallEvent]) -> Sequence[None]:
        insert(items)
        return [None] * len(items)

    def bare(self, item: NewCallEvent) -> NewCallEvent:
        return bare(item)


def bare(new: NewCallEvent) -> NewCallEvent:
    """The event with nothing in it but ASCII text, for a content that no column takes."""
    event = new.event
    text = (event.raw or orjson.dumps(event.payload).decode()).encode("ascii", "backslashreplace").decode()
    stripped = ParsedEvent(
        event.kind,
        "",
        _ascii(event.unique_id),
        _ascii(event.linked_id),
        {},
        text,
        (*event.degraded, "unstorable"),
        event.digest,
        event.sealed,
        event.source,
    )
    return NewCallEvent(new.source, stripped, new.address, new.at, new.id)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\x00", "")
