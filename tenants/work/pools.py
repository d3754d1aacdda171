"""The threads in which pooled and batch lanes act, and what happens to an unexpected exception there."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

from django.db import close_old_connections

from tenants.scoping import all_tenants
from tenants.work.lanes import BatchLane, Lane, Leased, Outcome, Settle

logger = logging.getLogger(__name__)

# A defect must neither lose the row nor spin: later and later, and for ever, until a person looks at the log.
UNEXPECTED_DELAYS = (2.0, 10.0, 60.0, 300.0, 900.0)

_pools: dict[str, ThreadPoolExecutor] = {}
_lock = Lock()


def _pool(lane: Lane) -> ThreadPoolExecutor:
    with _lock:
        if lane.name not in _pools:
            threads = 1 if isinstance(lane, BatchLane) else lane.capacity
            _pools[lane.name] = ThreadPoolExecutor(threads, thread_name_prefix=lane.name)
        return _pools[lane.name]


def submit(lane: Lane, act: Callable[[], list[Outcome]], rows: Sequence[Leased], settle: Settle) -> None:
    _pool(lane).submit(lambda: settle(_in_own_thread(lane, act, rows)))


def _in_own_thread(lane: Lane, act: Callable[[], list[Outcome]], rows: Sequence[Leased]) -> list[Outcome]:
    """Pool threads see to their connections themselves; whoever drains a lane may be inside a transaction."""
    close_old_connections()
    try:
        return guarded(lane, act, rows)
    finally:
        close_old_connections()


def later(row: Leased) -> Outcome:
    """Another try after an unexpected error."""
    return Outcome.retry(row, UNEXPECTED_DELAYS[min(row.attempt, len(UNEXPECTED_DELAYS)) - 1])


def guarded(lane: Lane, act: Callable[[], list[Outcome]], rows: Sequence[Leased]) -> list[Outcome]:
    """Run it in the workers' scope; a defect becomes a later try, row by row for a batch."""
    try:
        with all_tenants():
            return _complete(lane, act(), rows)
    except Exception:
        # The border between the machinery and any lane's code: whatever goes wrong inside must come back as a row.
        logger.exception("lane %s: unexpected error on %d rows", lane.name, len(rows))
        if isinstance(lane, BatchLane) and len(rows) > 1:
            return [
                outcome for row in rows for outcome in guarded(lane, partial(lane.act_batch, [row]), [row])
            ]
        return [later(row) for row in rows]


def _complete(lane: Lane, outcomes: Sequence[Outcome], rows: Sequence[Leased]) -> list[Outcome]:
    """One outcome for every row: a row that the lane forgot would be held by this process for ever."""
    by_row = {outcome.row.id: outcome for outcome in outcomes}
    forgotten = [row for row in rows if row.id not in by_row]
    if forgotten:
        logger.error("lane %s: gave no outcome for %d rows", lane.name, len(forgotten))
    return [by_row.get(row.id) or later(row) for row in rows]


def close(wait: bool = False) -> None:
    """End all threads after what they are doing."""
    with _lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.shutdown(wait=wait, cancel_futures=True)
