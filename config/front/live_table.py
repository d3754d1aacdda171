"""A table in memory that follows a few database rows, so that a request at the front costs no query."""

import asyncio
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Generic, TypeVar

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 2.0
UNKNOWN_REFRESH_SECONDS: Final = 0.5  # strangers with wrong keys must not keep the database busy
MOST_WAITING: Final = 64  # nor connections: beyond that they are refused at once
FULL_SECONDS: Final = 60.0
UNREACHABLE = (DatabaseError, InterfaceError)

ValueT = TypeVar("ValueT")


class LiveTable(ABC, Generic[ValueT]):
    """Looked up on the event loop, read from the database in a thread: every two seconds, and when `changed` is told.

    A key that is not in the table makes it be read once more, at most every `UNKNOWN_REFRESH_SECONDS`: whoever comes before
    that is over waits for it, so that a fresh row works with its first request.
    """

    name: str

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._table: Mapping[str, ValueT] = {}
        self._version: object = None
        self._read_at = float("-inf")  # when the last reading began
        self._waiting = 0
        self._reading: asyncio.Task[None] | None = None
        self._full_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._changed: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_lock = threading.Lock()

    @abstractmethod
    def load(self) -> Mapping[str, ValueT]:
        """The whole table; called in a thread."""

    @abstractmethod
    def version(self) -> object:
        """Something cheap that differs whenever `load()` would give something else; called in a thread."""

    async def lookup(self, key: str) -> ValueT | None:
        """The value of a key, None for a key that is nobody's. DatabaseError when the table cannot be read at all."""
        found = self._table.get(key)
        if found is not None:
            return found
        asked_at = self._clock()
        # A reading that is under way may have begun before the row was there: then it takes another one.
        while self._read_at < asked_at and key not in self._table and await self._turn_comes():
            await self.refresh()
        return self._table.get(key)

    async def _turn_comes(self) -> bool:
        """Waits until the table may be read again; False at once where too many wait."""
        seconds = self._read_at + UNKNOWN_REFRESH_SECONDS - self._clock()
        if seconds <= 0:
            return True
        if self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1
        return True

    async def refresh(self) -> None:
        """Read the table if it changed; callers at the same time share one reading."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._read))
        reading = self._reading
        try:
            await asyncio.shield(reading)
        finally:
            if reading.done() and self._reading is reading:
                self._reading = None

    def start_following(self) -> None:
        """Read it again and again; the last table stays in force while the database is away."""
        changed = self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._refreshing = asyncio.create_task(self._follow(changed))

    def stop_following(self) -> None:
        with self._loop_lock:
            self._loop = None
        if self._refreshing is not None:
            self._refreshing.cancel()

    def changed(self) -> None:
        """Its rows were changed: read them now. From any thread; nothing happens to a table that does not follow."""
        with self._loop_lock:
            if self._loop is not None and self._changed is not None:
                self._loop.call_soon_threadsafe(self._changed.set)

    async def _follow(self, changed: asyncio.Event) -> None:
        is_down = False
        while True:
            changed.clear()
            try:
                await self.refresh()
            except UNREACHABLE as error:
                if not is_down:
                    logger.error("the table of %s cannot be read; the last one stays: %s", self.name, error)
                is_down = True
            else:
                is_down = False
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), REFRESH_SECONDS)

    def _read(self) -> None:
        began = self._clock()
        try:
            current = self.version()
            # What runs out by the clock, such as a former secret, changes no row: read all of it now and then.
            if current != self._version or self._clock() - self._full_at > FULL_SECONDS:
                self._table, self._version, self._full_at = self.load(), current, self._clock()
            self._read_at = began
        finally:
            connection.close()
