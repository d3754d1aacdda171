"""Writes the events of many exchanges in few transactions (config/front/group_commit.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from config.front.group_commit import GroupWriter
from config.ids import uuid7
from telephony.ingest.parse import ParsedEvent
from telephony.ingest.tokens import Source
from tenants.work import enqueue

LANE: Final = "calls.fold"
COLUMNS: Final = (
    "id, tenant_id, created_at, pbx_id, kind, unique_id, linked_id, payload, raw, degraded, digest, address"
)


@dataclass(frozen=True, slots=True)
class NewCallEvent:
    """One row to be, and whom to tell."""

    source: Source
    event: ParsedEvent
    address: str
    at: datetime = field(default_factory=timezone.now)
    id: UUID = field(default_factory=uuid7)


def insert(events: Sequence[NewCallEvent]) -> int:
    """Store events and queue their folding in one transaction; how many were new. A repeat is no error and no row."""
    is_postgres = connection.vendor == "postgresql"
    one = "(%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s, %s)"
    if not is_postgres:
        one = one.replace("::jsonb", "")
    values = [value for event in events for value in _values(event, is_postgres)]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO telephony_callevent ({COLUMNS}) VALUES {', '.join([one] * len(events))}"  # noqa: S608
                " ON CONFLICT (pbx_id, digest) DO NOTHING RETURNING id",
                values,
            )
            stored = {row if is_postgres else UUID(row) for (row,) in cursor.fetchall()}
        new = [event for event in events if event.id in stored]
        enqueue(LANE, [(event.id, event.source.tenant_id, str(event.source.pbx_id), None) for event in new])
    return len(new)


def _values(new: NewCallEvent, is_postgres: bool) -> Iterable[Any]:
    event = new.event
    key = (lambda value: value) if is_postgres else (lambda value: value.hex)
    return (
        key(new.id),
        new.source.tenant_id,
        connection.ops.adapt_datetimefield_value(new.at),
        key(new.source.pbx_id),
        event.kind,
        event.unique_id,
        event.linked_id,
        orjson.dumps(event.payload).decode(),
        event.raw,
        orjson.dumps(event.degraded).decode(),
        event.digest,
        new.address,
    )


class CallEventWriter(GroupWriter[NewCallEvent, None]):
    name = "call event writer"

    def insert(self, items: Sequence[NewCallEvent]) -> Sequence[None]:
        insert(items)
        return [None] * len(items)

    def bare(self, item: NewCallEvent) -> NewCallEvent:
        return _bare(item)


def _bare(new: NewCallEvent) -> NewCallEvent:
    """The event with nothing in it but ASCII text, for a content that no column takes."""
    event = new.event
    text = (event.raw or orjson.dumps(event.payload).decode()).encode("ascii", "backslashreplace").decode()
    bare = ParsedEvent(
        event.kind,
        "",
        _ascii(event.unique_id),
        _ascii(event.linked_id),
        {},
        text,
        (*event.degraded, "unstorable"),
        event.digest,
    )
    return NewCallEvent(new.source, bare, new.address, new.at, new.id)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\x00", "")
