"""The contract of leased work: what a lane is, what it is handed and what it hands back."""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal

Verdict = Literal["done", "retry", "release"]
Settle = Callable[["list[Outcome]"], None]


@dataclass(frozen=True, slots=True)
class Leased:
    """One row in this process's hands until its lease ends. `attempt` counts from 1."""

    id: int
    subject: uuid.UUID
    tenant_id: int | None
    group: str
    attempt: int
    lease: uuid.UUID = field(repr=False)
    lane: str = field(repr=False, default="")

    def extend(self) -> bool:
        """Keep the lease for another period; False when it was lost, and the work must stop without effect."""
        from tenants.work.store import extend

        return bool(extend([self], lane(self.lane).lease_seconds))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. `result` is the lane's own and reaches its `record()`.

    `is_written`: the lane took the row out of the queue itself, in the transaction of its effect (`withdraw`).
    """

    row: Leased
    verdict: Verdict
    delay: float = 0.0
    counted: bool = True
    result: Any = None
    is_written: bool = False

    @classmethod
    def done(cls, row: Leased, result: Any = None) -> Outcome:
        """Finished for good, well or badly: the row leaves the queue."""
        return cls(row, "done", result=result)

    @classmethod
    def written(cls, row: Leased) -> Outcome:
        """Finished, and written already: nothing is left to be settled or recorded."""
        return cls(row, "done", is_written=True)

    @classmethod
    def retry(cls, row: Leased, delay_seconds: float, result: Any = None, *, counted: bool = True) -> Outcome:
        """Due again after a delay. Uncounted: back-pressure, which must not use up the attempts."""
        return cls(row, "retry", max(delay_seconds, 0.0), counted, result)

    @classmethod
    def release(cls, row: Leased) -> Outcome:
        """Given back at once, as if never taken."""
        return cls(row, "release", counted=False)


class Lane(ABC):
    """One kind of leased work. `start` must not block; it settles each row exactly once, from any thread.

    `settle_seconds` bounds how often outcomes are written: those of a busy moment share one transaction, and the first
    one after a quiet moment is written at once. Until then their rows count against `capacity` and `per_group`.
    A lane that holds more rows than it can work on at a time asks for no fewer than `least_room` at once: looking
    for due rows costs nearly as much for one as for many. Where `held_back` counts what all workers have,
    `counts_everywhere` makes the counting and the taking one step: one worker at a time. A lane that `is_urgent` waits for no
    other; the others let what has `precedence` pass. Rows that have been due for
    `late_after` seconds are an alert of the installation, except those that are `waiting_on_purpose`.
    """

    name: ClassVar[str]
    queue: ClassVar[str]
    capacity: ClassVar[int] = 64
    per_group: ClassVar[int | None] = None
    lease_seconds: ClassVar[float] = 30.0
    settle_seconds: ClassVar[float] = 0.0
    least_room: ClassVar[int] = 1
    counts_everywhere: ClassVar[bool] = False
    is_urgent: ClassVar[bool] = False
    late_after: ClassVar[float] = 600.0

    @abstractmethod
    def start(self, rows: list[Leased], settle: Settle) -> None:
        """Begin work on the rows and return; call `settle` with outcomes as they come."""

    def start_with(self, rows: list[Leased], at_hand: Mapping[uuid.UUID, Any], settle: Settle) -> None:
        """The same for rows that this process just queued: what was `at_hand` of their subjects need not be read."""
        self.start(rows, settle)

    def record(self, outcomes: list[Outcome]) -> None:  # noqa: B027 a lane without readable state has nothing to record
        """Write the subjects' readable state, inside the settling transaction, for rows whose lease still was ours."""

    def held_back(self) -> Mapping[str, int]:
        """How many fewer rows than `per_group` may be taken now, by group; of those that are not named, none fewer."""
        return {}

    def waiting_on_purpose(self) -> Collection[str]:
        """Groups whose due rows lie where they are for a reason of their own, such as a receiver that is down."""
        return ()

    def patience(self) -> float:
        """Seconds after which it is worth looking for due rows although nobody woke the lane."""
        return float("inf")

    def stop(self) -> None:  # noqa: B027 most lanes own no engine
        """Let go of threads and connections; no more rows will come."""


class PooledLane(Lane):
    """Work on one row at a time in a thread of its own, with no transaction open."""

    @abstractmethod
    def act(self, row: Leased) -> Outcome:
        """Do it. Expected failures are outcomes; an exception is a defect and is retried later."""

    def act_alone(self, row: Leased) -> list[Outcome]:
        return [self.act(row)]

    def start(self, rows: list[Leased], settle: Settle) -> None:
        from tenants.work.pools import submit

        for row in rows:
            submit(self, partial(self.act_alone, row), [row], settle)


class BatchLane(Lane):
    """Work on a whole batch at once, one batch at a time in this process."""

    @abstractmethod
    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        """Do all of it. An exception makes the batch be tried again row by row."""

    def start(self, rows: list[Leased], settle: Settle) -> None:
        from tenants.work.pools import submit

        submit(self, lambda: self.act_batch(rows), rows, settle)


_lanes: dict[str, Lane] = {}


def register(new: Lane) -> None:
    """Declare a lane; called once for each when its app is loaded."""
    if new.name in _lanes:
        raise ValueError(f"two lanes are named {new.name}")
    _lanes[new.name] = new


def lane(name: str) -> Lane:
    return _lanes[name]


def lanes(queues: Sequence[str] | None = None) -> list[Lane]:
    return [one for one in _lanes.values() if queues is None or one.queue in queues]


def backoff(schedule: Sequence[float], attempt: int) -> float | None:
    """Seconds to wait after that attempt (from 1), with jitter that only adds (0-20 %); None when exhausted.

    Add-only jitter spreads a crowd without ever shortening a promised delay.
    """
    if attempt > len(schedule):
        return None
    planned = schedule[attempt - 1]
    return planned * (1 + random.uniform(0, 0.2))  # noqa: S311 spreading load is no secret
