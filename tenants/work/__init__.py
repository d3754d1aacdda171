"""Leased work: the one implementation of "due rows leased in batches, fenced, retried, replayable".

Rows are the truth, messages only wake. See docs/leased-work.md.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from tenants.work import store
from tenants.work.handing import hand_on
from tenants.work.lanes import BatchLane, Lane, Leased, Outcome, PooledLane, backoff, lane, lanes, register
from tenants.work.runner import drain as _drain
from tenants.work.store import cancel, withdraw
from tenants.work.wake import wake

__all__ = [
    "BatchLane",
    "Lane",
    "Leased",
    "Outcome",
    "PooledLane",
    "backoff",
    "cancel",
    "drain",
    "enqueue",
    "hand_on",
    "lane",
    "lanes",
    "register",
    "wake",
    "withdraw",
]


def enqueue(name: str, entries: Sequence[store.Entry], *, again: bool = False) -> None:
    """Queue (subject, tenant id or None, group, due or None for now) in the caller's transaction; wake the lane after it.

    A subject that is queued already stays as it is; `again` makes it due anew even while somebody works on it.
    """
    store.insert(name, entries, again=again)
    if entries:
        transaction.on_commit(partial(wake, name))


def drain(name: str, now: datetime | None = None) -> int:
    """Work through everything due in that lane, in this thread; how many rows were settled."""
    return _drain(lane(name), now)
