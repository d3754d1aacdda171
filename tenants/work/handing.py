"""Handing on: rows that the process which queues them begins with itself, right after the commit.

A row that waits for nothing is usually looked for, leased and read again a moment after it was written, by a worker that
is often the same process. Handed on, it is leased from the beginning, and what was written is still at hand. A
process that dies in between loses as much time as one that dies after a lease: until the lease ends.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from tenants.work import store
from tenants.work.lanes import Leased, Outcome
from tenants.work.runner import Runner
from tenants.work.wake import runners, wake


def hand_on(name: str, entries: Sequence[store.Entry], at_hand: Mapping[UUID, Any]) -> None:
    """Queue what is due now in the caller's transaction, with what is known of the subjects, in any part of them.

    As much as the lane's runner in this process has room for is begun after the commit; the rest, and everything where
    another process runs the lane, waits for its turn as after `enqueue`.
    """
    runner = runners.get(name)
    places = runner.places([group for _subject, _tenant, group, _due in entries]) if runner else []
    mine = [entries[place] for place in places]
    begun = set(places)
    others = [entry for place, entry in enumerate(entries) if place not in begun]
    if runner and mine:
        rows = store.insert_leased(runner.lane, mine)
        transaction.on_commit(partial(_adopt, runner, rows, at_hand))
    if others:
        store.insert(name, others)
        transaction.on_commit(partial(wake, name))


def _adopt(runner: Runner, rows: list[Leased], at_hand: Mapping[UUID, Any]) -> None:
    if not runner.adopt(rows, at_hand):
        store.put_back([Outcome.release(row) for row in rows])
