"""Writes the requests of many senders in few transactions (config/front/group_commit.py)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from config.front.group_commit import GroupWriter
from config.ids import uuid7
from tenants.scoping import all_tenants
from tenants.work import enqueue
from webhooks.actions.replay_inbound import LANE
from webhooks.hops import LOOP
from webhooks.models import InboundState

COLUMNS: Final = (
    "id",
    "tenant_id",
    "created_at",
    "source_id",
    "dedup_key",
    "is_former_secret",
    "address",
    "query",
    "headers",
    "content_type",
    "body",
    "event_type",
    "state",
    "reason",
    "replays",
    "correlation_id",
)


@dataclass(frozen=True, slots=True)
class NewInbound:
    """One row to be: proved, masked and storable. A handshake, and what goes round in a circle, is over with its answer."""

    source_id: UUID
    tenant_id: int
    dedup_key: str
    is_former_secret: bool
    address: str
    query: str
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    is_handshake: bool = False
    is_loop: bool = False
    at: datetime = field(default_factory=timezone.now)
    id: UUID = field(default_factory=uuid7)


def insert(requests: Sequence[NewInbound]) -> list[bool]:
    """Store requests and queue their processing in one transaction; which of them were new."""
    is_postgres = connection.vendor == "postgresql"
    marks = ["%s::jsonb" if name == "headers" and is_postgres else "%s" for name in COLUMNS]
    rows = ", ".join([f"({', '.join(marks)})"] * len(requests))
    values = [value for request in requests for value in _values(request, is_postgres)]
    with all_tenants(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO webhooks_inbound ({', '.join(COLUMNS)}) VALUES {rows}"  # noqa: S608 names are our own
                " ON CONFLICT (source_id, dedup_key) DO NOTHING RETURNING id",
                values,
            )
            stored = {row if is_postgres else UUID(row) for (row,) in cursor.fetchall()}
        enqueue(
            LANE,
            [
                (request.id, request.tenant_id, str(request.source_id), None)
                for request in requests
                if request.id in stored and not (request.is_handshake or request.is_loop)
            ],
        )
    return [request.id in stored for request in requests]


def _values(request: NewInbound, is_postgres: bool) -> Iterable[Any]:
    key = (lambda value: value) if is_postgres else (lambda value: value.hex)
    return (
        key(request.id),
        request.tenant_id,
        connection.ops.adapt_datetimefield_value(request.at),
        key(request.source_id),
        request.dedup_key,
        request.is_former_secret,
        request.address,
        request.query,
        orjson.dumps(request.headers).decode(),
        request.content_type,
        request.body,
        "",
        *_outcome(request),
        0,
        key(request.id),
    )


def _outcome(request: NewInbound) -> tuple[str, str]:
    """State and reason."""
    if request.is_loop:
        return InboundState.FAILED.value, LOOP
    if request.is_handshake:
        return InboundState.PROCESSED.value, "handshake"
    return InboundState.RECEIVED.value, ""


class InboundWriter(GroupWriter[NewInbound, bool]):
    name = "inbound writer"
    max_batch = 64

    def insert(self, items: Sequence[NewInbound]) -> Sequence[bool]:
        return insert(items)
