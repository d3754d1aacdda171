"""Lanes for tests of leased work, and waiting without sleeping."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any

from tenants.models import Tenant, Work
from tenants.work import BatchLane, Lane, Leased, Outcome, PooledLane, enqueue
from tenants.work.lanes import _lanes, register

DEADLINE_SECONDS = 60


def wait_for(
    condition: Callable[[], Any], what: str = "the condition", seconds: float = DEADLINE_SECONDS
) -> Any:
    """The condition's first true value; fails after the deadline."""
    pause = Event()
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        pause.wait(0.005)
    return value


class Notebook:
    """What a lane was asked to do and to record, in order."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.acted: list[Leased] = []
        self.recorded: list[Outcome] = []
        self.batches: list[int] = []

    def subjects(self) -> list[uuid.UUID]:
        return [outcome.row.subject for outcome in self.recorded]

    def record(self, outcomes: list[Outcome]) -> None:
        with self.lock:
            self.recorded += outcomes
            self.batches.append(len(outcomes))


class Pooled(PooledLane):
    """Does what `behaviour` says; everything is done at once by default."""

    name = "test.pooled"
    queue = "upkeep"
    capacity = 8

    def __init__(self, behaviour: Callable[[Leased], Outcome] = Outcome.done, **options: Any) -> None:
        self.notes = Notebook()
        self.behaviour = behaviour
        for name, value in options.items():
            setattr(self, name, value)

    def act(self, row: Leased) -> Outcome:
        with self.notes.lock:
            self.notes.acted.append(row)
        return self.behaviour(row)

    def record(self, outcomes: list[Outcome]) -> None:
        self.notes.record(outcomes)


class Batched(BatchLane):
    """The same for whole batches."""

    name = "test.batched"
    queue = "upkeep"

    def __init__(self, behaviour: Callable[[list[Leased]], list[Outcome]], **options: Any) -> None:
        self.notes = Notebook()
        self.behaviour = behaviour
        for name, value in options.items():
            setattr(self, name, value)

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        self.notes.acted += rows
        return self.behaviour(rows)

    def record(self, outcomes: list[Outcome]) -> None:
        self.notes.record(outcomes)


@contextmanager
def registered(*lanes: Lane) -> Iterator[None]:
    """The lanes are known inside."""
    for lane in lanes:
        register(lane)
    try:
        yield
    finally:
        for lane in lanes:
            del _lanes[lane.name]


def queue_rows(
    lane: Lane, tenant: Tenant, count: int = 1, group: str | None = None, **options: Any
) -> list[uuid.UUID]:
    """New subjects in that lane's queue, oldest first."""
    subjects = [uuid.uuid4() for _ in range(count)]
    for start in range(0, count, 1000):
        part = subjects[start : start + 1000]
        enqueue(
            lane.name, [(subject, tenant.pk, group or str(subject), options.get("due")) for subject in part]
        )
    return subjects


def expire(*rows: Leased) -> None:
    """The leases end now, as if their time had passed."""
    from django.utils import timezone

    Work.objects.filter(id__in=[row.id for row in rows]).update(due=timezone.now())
