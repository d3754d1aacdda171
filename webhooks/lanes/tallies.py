"""Counts tries by endpoint and hour: one statement for a whole batch, inside the settling transaction."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from tenants.bulk import insert_new
from tenants.ids import uuid7
from webhooks.models import BOUNDS, SHARDS, TryOutcome

_TALLY = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("endpoint_id", "uuid"),
    ("hour", "timestamptz"),
    ("shard", "smallint"),
    ("outcome", "text"),
    ("reason", "text"),
    ("duration", "smallint"),
    ("count", "bigint"),
)
_ADD: Final = (
    "(endpoint_id, hour, shard, outcome, reason, duration)"
    " DO UPDATE SET count = webhooks_endpointtally.count + EXCLUDED.count"
)


class Try(NamedTuple):
    """`at` is its beginning as a Unix time, `ms` how long it took; `reason` is empty when it was delivered."""

    tenant_id: int | None
    endpoint_id: UUID
    at: float
    outcome: TryOutcome
    reason: str
    ms: float


def add(tries: Iterable[Try]) -> None:
    counts = Counter(
        (
            one.tenant_id,
            one.endpoint_id,
            int(one.at // 3600),
            one.outcome.value,
            one.reason,
            duration_class(one),
        )
        for one in tries
    )
    shard = os.getpid() % SHARDS
    # Always in the same order: two workers of one shard wait for each other, and never in a circle.
    rows = [
        (uuid7(), tenant_id, endpoint_id, datetime.fromtimestamp(hour * 3600, UTC), shard, *rest, count)
        for (tenant_id, endpoint_id, hour, *rest), count in sorted(counts.items())
    ]
    insert_new("webhooks_endpointtally", _TALLY, rows, _ADD)


def duration_class(one: Try) -> int:
    """Only of what was answered well: how long a failure takes says nothing of the receiver's speed."""
    return bisect_left(BOUNDS, one.ms) if one.outcome is TryOutcome.DELIVERED else 0
