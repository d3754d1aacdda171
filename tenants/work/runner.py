"""The loop that keeps one lane going in one process: lease, hand over, settle, sleep until woken.

All SQL of the queue runs in the runner's thread, so settling batches by itself: while one batch is written, the
outcomes of others pile up and go out together.
"""

import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from config import metrics
from tenants.heartbeats import beat
from tenants.scoping import all_tenants
from tenants.work import store
from tenants.work.lanes import BatchLane, Lane, Leased, Outcome, PooledLane
from tenants.work.pools import guarded, later
from tenants.work.precedence import precedence
from tenants.work.taking import take

logger = logging.getLogger(__name__)

BATCH = 256
PULSE_SECONDS = 10.0
SHORTEST_LOOK = 0.005
IDLE_SECONDS = 1.0  # the cost of a lost wake-up on a server database; on SQLite there is a lookout
settled = metrics.counter("switchboard_work_settled_total", "Leased rows settled.", ("lane", "verdict"))


class Runner(threading.Thread):
    """One lane in this process."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(name=f"runner-{lane.name}", daemon=True)
        self.lane = lane
        self._signal = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._outcomes: list[Outcome] = []
        # By lease too: a row that was queued again in the middle is leased a second time beside its former self.
        self._in_flight: dict[tuple[int, uuid.UUID], Leased] = {}
        self._is_woken = True
        self._looked_at = self._settled_at = self._pulsed_at = float("-inf")
        self._extended_at = time.monotonic()
        self._is_database_down = False
        self._lane_patience = float("inf")
        self._is_behind = True  # whether more may be due than was taken

    def wake(self) -> None:
        self._is_woken = True
        self._signal.set()

    def finish(self, outcomes: list[Outcome]) -> None:
        """What lanes call as rows finish; from any thread."""
        with self._lock:
            self._outcomes += outcomes
        self._signal.set()

    def places(self, groups: Sequence[str]) -> list[int]:
        """Which rows of these groups could begin now, before any that waits: the places of those that there is room for.

        A look, not a promise: what is leased meanwhile may make it a few rows more than the lane's capacity.
        """
        if self._is_behind or self._stopping.is_set():
            return []
        room, taken, found = self._room(), self._in_hand(), []
        for place, group in enumerate(groups[:room]):
            if self.lane.per_group is None or taken[group] < self.lane.per_group:
                taken[group] += 1
                found.append(place)
        return found

    def adopt(self, rows: list[Leased], at_hand: Mapping[uuid.UUID, Any]) -> bool:
        """Begin with rows that were queued and leased for this runner; from any thread. False when it has stopped."""
        with self._lock:
            if self._stopping.is_set():
                return False
            self._in_flight.update(((row.id, row.lease), row) for row in rows)
        self._start(rows, at_hand)
        return True

    def stop(self, seconds: float) -> bool:
        """Take nothing new, let what runs finish within that time, write it down; whether all of it was."""
        self._stopping.set()
        self._signal.set()
        self.join(seconds)
        return not self.is_alive()

    def run(self) -> None:
        with all_tenants():
            while not self._has_finished():
                self._signal.clear()
                # What was settled last may have been all that the end waited for: nobody signals that once more.
                if self._guarded(self._turn) or self._has_finished():
                    continue
                # There are more lanes than a pool has connections: none is held while there is nothing to do.
                close_old_connections()
                self._signal.wait(self._patience())
        self.lane.stop()
        connection.close()

    def _has_finished(self) -> bool:
        with self._lock:
            return self._stopping.is_set() and not self._in_flight and not self._outcomes

    def _turn(self) -> bool:
        """One round; whether to go round again at once."""
        if self._can_wait():
            precedence.let_pass()
        self._pulse()
        has_settled = self._settle()
        self._extend()
        room = self._room()
        if room < self.lane.least_room:
            self._is_behind = True
            return False
        if self._stopping.is_set() or not (has_settled or self._is_time_to_look()):
            return False
        self._is_woken, self._looked_at = False, time.monotonic()
        rows = take(self.lane, room, self._in_hand())
        self._is_behind = len(rows) == room
        if rows:
            with self._lock:
                self._in_flight.update(((row.id, row.lease), row) for row in rows)
            self._start(rows)
        self._lane_patience = max(self.lane.patience(), SHORTEST_LOOK)
        if not rows:
            return False
        return len(rows) == room

    def _can_wait(self) -> bool:
        """An urgent lane may wait, too, with nothing to do but to write what may wait for company."""
        return not self.lane.is_urgent or (self.lane.settle_seconds > 0 and not self._is_woken)

    def _room(self) -> int:
        if isinstance(self.lane, BatchLane) and self._in_flight:
            return 0  # one batch at a time: what comes meanwhile makes the next one, however much it is
        return min(self.lane.capacity - len(self._in_flight), BATCH)

    def _in_hand(self) -> Counter[str]:
        """How many rows of each group."""
        with self._lock:
            return Counter(row.group for row in self._in_flight.values())

    def _is_time_to_look(self) -> bool:
        return self._is_woken or time.monotonic() - self._looked_at >= min(IDLE_SECONDS, self._lane_patience)

    def _patience(self) -> float:
        """Seconds until it is time to look for rows, or to write outcomes that wait for company."""
        moments = [self._looked_at + min(IDLE_SECONDS, self._lane_patience)]
        if self._outcomes:
            moments.append(self._settled_at + self.lane.settle_seconds)
        # What was due already could not be done: there is no room, or the database is away.
        ahead = [moment - time.monotonic() for moment in moments]
        return min((seconds for seconds in ahead if seconds > 0), default=IDLE_SECONDS)

    def _start(self, rows: list[Leased], at_hand: Mapping[uuid.UUID, Any] | None = None) -> None:
        try:
            if at_hand is None:
                self.lane.start(rows, self.finish)
            else:
                self.lane.start_with(rows, at_hand, self.finish)
        except Exception:
            # The border to a lane's code: a defect there must neither end this loop nor lose the rows.
            logger.exception("lane %s: could not start %d rows", self.lane.name, len(rows))
            self.finish([later(row) for row in rows])

    def _pulse(self) -> None:
        if time.monotonic() - self._pulsed_at > PULSE_SECONDS:
            self._pulsed_at = time.monotonic()
            beat(f"worker:{self.lane.queue}", self.lane.name)

    def _settle(self) -> bool:
        """Write outcomes; whether there were any."""
        with self._lock:
            outcomes = self._outcomes[:BATCH]
        if not outcomes or not self._is_time_to_settle(len(outcomes)):
            return False
        self._settled_at = time.monotonic()
        self._write(outcomes)
        with self._lock:
            del self._outcomes[: len(outcomes)]
            if self._outcomes:
                self._signal.set()
            for outcome in outcomes:
                self._in_flight.pop((outcome.row.id, outcome.row.lease), None)
        for outcome in outcomes:
            settled.inc(self.lane.name, outcome.verdict)
        return True

    def _is_time_to_settle(self, count: int) -> bool:
        """At once after a quiet moment; in a busy one several outcomes wait a little and are written together."""
        return (
            time.monotonic() - self._settled_at >= self.lane.settle_seconds
            or count * 2 >= self.lane.capacity
            or self._stopping.is_set()
        )

    def _write(self, outcomes: list[Outcome]) -> None:
        try:
            store.settle(self.lane, outcomes)
        except (OperationalError, InterfaceError):
            raise  # the database is away: these outcomes wait for it
        except Exception:
            # The border to a lane's record(): what one row's result breaks must not hold up the others.
            logger.exception("lane %s: could not record %d rows", self.lane.name, len(outcomes))
            if len(outcomes) == 1:
                store.put_back([later(outcomes[0].row)])
                return
            for outcome in outcomes:
                self._write([outcome])

    def _extend(self) -> None:
        """Keep what takes longer than a third of its lease."""
        if time.monotonic() - self._extended_at < self.lane.lease_seconds / 3:
            return
        self._extended_at = time.monotonic()
        with self._lock:
            held = list(self._in_flight.values())
        if held:
            store.extend(held, self.lane.lease_seconds)

    def _guarded(self, turn: Callable[[], bool]) -> bool:
        """A database that is away is said once and waited for; outcomes stay in memory meanwhile."""
        try:
            again = turn()
        except (OperationalError, InterfaceError) as error:
            if not self._is_database_down:
                logger.error("lane %s: the database does not answer: %s", self.lane.name, error)
            self._is_database_down = True
            close_old_connections()
            return False
        except Exception:
            # This thread is all that keeps the lane going: whatever goes wrong in one turn, there is a next one.
            logger.exception("lane %s: unexpected error in the runner", self.lane.name)
            close_old_connections()
            return False
        if self._is_database_down:
            logger.warning("lane %s: the database answers again", self.lane.name)
            self._is_database_down = False
        return again


def drain(lane: Lane, now: datetime | None = None) -> int:
    """Work through everything due in the calling thread; how many rows were settled.

    With `now` in the future, rows that wait until then are taken too, each at most once.
    """
    seen: list[int] = []
    with all_tenants():
        while rows := take(lane, min(lane.capacity, BATCH), now=now, skip=seen if now else ()):
            seen += [row.id for row in rows]
            store.settle(lane, _act(lane, rows), now)
    return len(seen)


def _act(lane: Lane, rows: list[Leased]) -> list[Outcome]:
    if isinstance(lane, PooledLane):
        return [outcome for row in rows for outcome in guarded(lane, partial(lane.act_alone, row), [row])]
    if isinstance(lane, BatchLane):
        return guarded(lane, lambda: lane.act_batch(rows), rows)
    outcomes: list[Outcome] = []
    ready = threading.Semaphore(0)

    def take(batch: list[Outcome]) -> None:
        outcomes.extend(batch)
        for _ in batch:
            ready.release()

    lane.start(rows, take)
    for _ in rows:
        ready.acquire()
    return outcomes
