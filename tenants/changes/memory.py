"""What a process remembers of rows, by key: read once however many ask at the same time, and forgotten when it changes."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import prometheus_client
from django.db import connection, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tenants.changes.announcing import EVERYTHING, announce, subscribe
from tenants.changes.following import follower

BRIEFLY: Final = 3.0  # how long something is kept by whoever does not hear of changes
EARLIEST: Final = 60.0  # when it is read again in the background, at a moment between these two,
LATEST: Final = 90.0  # so that not everything is read in the same second
LONGEST: Final = 120.0

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


def in_transaction() -> bool:
    """Whether this thread is inside one."""
    return connection.in_atomic_block


class _Count:
    """A number that many threads raise without a lock: `next` of an iterator cannot be interrupted."""

    __slots__ = ("_numbers", "up")

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.up: Callable[[], int] = self._numbers.__next__

    @property
    def value(self) -> int:
        return int(self._numbers.__reduce__()[1][0]) - 1  # what would come next, less one


@dataclass(slots=True)
class _Counts:
    hits: _Count = field(default_factory=_Count)
    misses: _Count = field(default_factory=_Count)
    queries: int = 0


@dataclass(frozen=True, slots=True)
class Kept(Generic[ValueT]):
    """One value, and since when it is known."""

    value: ValueT
    cached_at: datetime
    read_at: float
    brief_until: float
    refresh_at: float
    until: float
    hit: Callable[[], int]

    @property
    def age(self) -> float:
        """Seconds."""
        return time.monotonic() - self.read_at


@dataclass(frozen=True, slots=True)
class Figures:
    """How a memory, or what it keeps of some keys, does."""

    entries: int
    hits: int
    misses: int
    queries: int


class Memory(Generic[KeyT, ValueT]):
    """`read` gets a key and gives the value; `key_of` makes a key of the text that is announced.

    Kept for a minute or two where changes are heard, for `BRIEFLY` where not. What a transaction has changed itself it
    reads for itself alone until it ends, so that nothing uncommitted is remembered.
    """

    def __init__(
        self,
        topic: str,
        read: Callable[[KeyT], ValueT],
        key_of: Callable[[str], KeyT],
        *,
        most: int = 20_000,
    ) -> None:
        self.topic = topic
        self._read, self._key_of, self._most = read, key_of, most
        self._kept: dict[KeyT, Kept[ValueT]] = {}
        self._counts: dict[KeyT, _Counts] = {}
        self._changes: dict[KeyT, int] = {}
        self._epoch = 0
        self._reading: dict[KeyT, threading.Lock] = {}
        self._wanted: set[KeyT] = set()
        self._lock = threading.Lock()
        self._own = threading.local()
        self.filled_at: datetime | None = None
        memories[topic] = self
        subscribe(topic, self.heard)
        follower.on_tick(self.refresh_due)

    def get(self, key: KeyT) -> ValueT:
        """The value, read if it is not known."""
        return self.kept(key).value

    def kept(self, key: KeyT) -> Kept[ValueT]:
        """The value with its age."""
        mine: dict[KeyT, Kept[ValueT] | None] | None = self._own.__dict__.get("kept")
        if mine and key in mine:
            return self._kept_by_transaction(mine, key)
        found = self._kept.get(key)
        if found is not None:
            now = time.monotonic()
            if now < found.brief_until or (now < found.until and follower.is_hearing):
                found.hit()
                if now > found.refresh_at:
                    self._wanted.add(key)
                return found
        return self._missed(key, found)

    def forget(self, key: KeyT) -> None:
        """Whoever changed it says so, in the transaction: this thread reads it anew now, all others once it is committed."""
        self._drop(key)
        announce(self.topic, key)
        if in_transaction():
            self._mine()[key] = None
            transaction.on_commit(lambda: self._committed(key))

    def forget_all(self) -> None:
        """Start empty, as a new process does."""
        with self._lock:
            self._epoch += 1
            self._kept.clear()
            self._counts.clear()
            self._wanted.clear()
        self._own.__dict__.pop("kept", None)
        self.filled_at = None

    def refresh(self, key: KeyT) -> Kept[ValueT]:
        """Read it now, though it may be known."""
        self._drop(key)
        return self.kept(key)

    def known(self) -> list[KeyT]:
        """The keys that are remembered."""
        return list(self._kept)

    def refresh_due(self) -> None:
        """Read again what was asked for and is getting old, before anybody has to wait for it."""
        while self._wanted:
            key = self._wanted.pop()
            with self._reading_lock(key):
                self._keep(key)

    def figures(self, keys: list[KeyT] | None = None) -> Figures:
        """Of these keys, or of all."""
        counts = [
            self._counts[key] for key in (list(self._counts) if keys is None else keys) if key in self._counts
        ]
        entries = len(self._kept) if keys is None else sum(key in self._kept for key in keys)
        return Figures(
            entries,
            sum(one.hits.value for one in counts),
            sum(one.misses.value for one in counts),
            sum(one.queries for one in counts),
        )

    def heard(self, key: str) -> None:
        """What was announced under that key was changed; "" stands for everything."""
        if key != EVERYTHING:
            self._drop(self._key_of(key))
            return
        with self._lock:
            self._epoch += 1
            self._kept.clear()

    def _drop(self, key: KeyT) -> None:
        with self._lock:
            # A reading that began before sees the former rows: it is not kept.
            self._changes[key] = self._changes.get(key, 0) + 1
            self._kept.pop(key, None)

    def _missed(self, key: KeyT, stale: Kept[ValueT] | None) -> Kept[ValueT]:
        self._counts_of(key).misses.up()
        with self._reading_lock(key):
            found = self._kept.get(key)
            if found is not None and found is not stale:
                return found  # somebody else has read it meanwhile
            return self._keep(key)

    def _keep(self, key: KeyT) -> Kept[ValueT]:
        with self._lock:
            before = (self._epoch, self._changes.get(key, 0))
        found = self._fresh(key)
        with self._lock:
            if before == (self._epoch, self._changes.get(key, 0)):
                if len(self._kept) >= self._most:
                    self._kept.clear()
                self._kept[key] = found
        return found

    def _fresh(self, key: KeyT) -> Kept[ValueT]:
        counts = self._counts_of(key)
        now = time.monotonic()

        def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
            counts.queries += 1
            return execute(*arguments)

        with connection.execute_wrapper(counted):
            value = self._read(key)
        refresh_at, until = now + random.uniform(EARLIEST, LATEST), now + LONGEST  # noqa: S311 no secret
        if in_transaction():
            # The transaction may have changed the rows without a word yet: soon read again, by somebody outside.
            refresh_at, until = now, now + BRIEFLY
        return Kept(value, datetime.now(UTC), now, now + BRIEFLY, refresh_at, until, counts.hits.up)

    def _counts_of(self, key: KeyT) -> _Counts:
        found = self._counts.get(key)
        return found if found is not None else self._counts.setdefault(key, _Counts())

    def _reading_lock(self, key: KeyT) -> threading.Lock:
        found = self._reading.get(key)
        return found if found is not None else self._reading.setdefault(key, threading.Lock())

    def _mine(self) -> dict[KeyT, Kept[ValueT] | None]:
        found: dict[KeyT, Kept[ValueT] | None] = self._own.__dict__.setdefault("kept", {})
        return found

    def _kept_by_transaction(self, mine: dict[KeyT, Kept[ValueT] | None], key: KeyT) -> Kept[ValueT]:
        if not in_transaction():
            del mine[key]  # it was rolled back, and with it what was to happen at its commit
            return self.kept(key)
        found = mine[key]
        if found is None or time.monotonic() > found.brief_until:
            self._counts_of(key).misses.up()
            found = mine[key] = self._fresh(key)
        else:
            found.hit()
        return found

    def _committed(self, key: KeyT) -> None:
        self._mine().pop(key, None)
        self._drop(key)


memories: dict[str, Memory[Any, Any]] = {}


class _Exposed:
    """What /metrics says of them, read when it is asked."""

    def collect(self) -> Iterator[Metric]:
        figures = {name: memory.figures() for name, memory in sorted(memories.items())}
        entries = GaugeMetricFamily(
            "switchboard_memory_entries", "What this process remembers.", labels=["memory"]
        )
        hits = CounterMetricFamily("switchboard_memory_hits", "Asked for and known.", labels=["memory"])
        misses = CounterMetricFamily("switchboard_memory_misses", "Asked for and read.", labels=["memory"])
        for name, one in figures.items():
            entries.add_metric([name], one.entries)
            hits.add_metric([name], one.hits)
            misses.add_metric([name], one.misses)
        hears = GaugeMetricFamily(
            "switchboard_changes_heard", "Whether changes of other processes are heard: 1, or 0."
        )
        hears.add_metric([], int(follower.is_hearing))
        yield from (entries, hits, misses, hears)


prometheus_client.REGISTRY.register(_Exposed())
