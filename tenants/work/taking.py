"""What a worker takes from a lane: as much as it has room for, and no more than the lane lets each group have now."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from tenants.work import store
from tenants.work.dialect import dialect
from tenants.work.lanes import Lane, Leased


def take(
    lane: Lane,
    limit: int,
    in_hand: Mapping[str, int] | None = None,
    now: datetime | None = None,
    skip: Iterable[int] = (),
) -> list[Leased]:
    """Lease up to `limit` due rows; of each group no more than is left of its share beside what is `in_hand`."""
    if not lane.counts_everywhere:
        return _take(lane, limit, in_hand, now, skip)
    # Two workers that count at the same moment would both take a group's last row.
    with transaction.atomic():
        dialect().wait_for_turn(f"lane {lane.name}")
        return _take(lane, limit, in_hand, now, skip)


def _take(
    lane: Lane, limit: int, in_hand: Mapping[str, int] | None, now: datetime | None, skip: Iterable[int]
) -> list[Leased]:
    taken = Counter(in_hand or {})
    taken.update(lane.held_back())
    return store.lease(lane, limit, taken, now, skip)
