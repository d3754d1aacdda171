"""Writes the requests of many senders in few transactions (config/front/group_commit.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils import timezone

from config import keyring
from config.front.group_commit import GroupWriter
from config.ids import uuid7
from tenants.scoping import all_tenants
from tenants.work.arrivals import arrive
from webhooks.actions.replay_inbound import LANE
from webhooks.hops import LOOP
from webhooks.models import Inbound, InboundState

COLUMNS: Final = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("created_at", "timestamptz"),
    ("source_id", "uuid"),
    ("dedup_key", "text"),
    ("is_former_secret", "boolean"),
    ("address", "text"),
    ("query", "text"),
    ("headers", "text"),
    ("content_type", "text"),
    ("body", "bytea"),
    ("event_type", "text"),
    ("state", "text"),
    ("reason", "text"),
    ("replays", "integer"),
    ("correlation_id", "uuid"),
)


# What the fields themselves would do, with one look for the ring and without their JSON, which takes most of the time.
QUERY, HEADERS, BODY = (
    Inbound._meta.get_field(name).context  # type: ignore[union-attr]
    for name in ("query", "headers", "body")
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
    """Store requests and queue their processing; which of them were new."""
    with all_tenants():
        stored = arrive(
            "webhooks_inbound",
            COLUMNS,
            [_row(request) for request in requests],
            lane=LANE,
            group="source_id",
            finished=[request.id for request in requests if request.is_handshake or request.is_loop],
        )
    return [request.id in stored for request in requests]


def _row(request: NewInbound) -> tuple[Any, ...]:
    ring = keyring.ring()
    return (
        request.id,
        request.tenant_id,
        request.at,
        request.source_id,
        request.dedup_key,
        request.is_former_secret,
        request.address,
        ring.seal(request.query.encode(), QUERY),
        ring.seal(orjson.dumps(request.headers), HEADERS),
        request.content_type,
        ring.seal_bytes(request.body, BODY),
        "",
        *_outcome(request),
        0,
        request.id,
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
