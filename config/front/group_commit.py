"""Group commit: one thread writes the rows of all waiting requests in one transaction, then answers them all.

While a commit runs, new rows gather; the next one takes them together. Nobody waits for a batch to fill: an idle
connection is used at once. No request is answered before its row is committed.
"""

import asyncio
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = (0.05, 0.2, 0.5, 1.0)
# An attempt may itself wait for a connection. Those who wait meanwhile are told no rather than nothing.
LONGEST_TRYING: Final = 2.0

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Overloaded(Exception):
    """Too many requests wait already."""


class NotStored(Exception):
    """The database did not take the row in time."""


@dataclass(slots=True)
class _Waiting(Generic[ItemT, ResultT]):
    item: ItemT
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[ResultT]


class GroupWriter(ABC, Generic[ItemT, ResultT]):
    """A service of the web process: owns the writing thread. A room says how its rows are inserted."""

    name: str
    max_batch: int = 400
    max_waiting: int = 5000
    max_waiting_bytes: int = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._waiting: deque[_Waiting[ItemT, ResultT]] = deque()
        self._waiting_bytes = 0  # touched on the event loop only
        self._signal = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_database_down = False

    @abstractmethod
    def insert(self, items: Sequence[ItemT]) -> Sequence[ResultT]:
        """Store all items in one transaction; what each waiting request gets, in their order."""

    def bare(self, item: ItemT) -> ItemT | None:
        """The least that can be kept of an item whose content the database refused; None to refuse it."""
        return None

    async def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self.name.replace(" ", "-"), daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """What was accepted is still written."""
        self._stopping.set()
        self._signal.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def store(self, item: ItemT, size: int = 0) -> ResultT:
        """Returns after the commit. Raises Overloaded or NotStored: then there is no row, and nobody was told 200.

        `size` in bytes keeps many large rows from filling the memory while they wait.
        """
        if len(self._waiting) >= self.max_waiting or self._waiting_bytes + size > self.max_waiting_bytes:
            raise Overloaded
        if self._stopping.is_set():
            raise NotStored
        loop = asyncio.get_running_loop()
        waiting: _Waiting[ItemT, ResultT] = _Waiting(item, loop, loop.create_future())
        self._waiting_bytes += size
        try:
            self._waiting.append(waiting)
            self._signal.set()
            return await waiting.answer
        finally:
            self._waiting_bytes -= size

    def _run(self) -> None:
        while True:
            self._signal.wait()
            self._signal.clear()
            while batch := self._take():
                self._write(batch)
            if self._stopping.is_set() and not self._waiting:
                connection.close()
                return

    def _take(self) -> list[_Waiting[ItemT, ResultT]]:
        batch: list[_Waiting[ItemT, ResultT]] = []
        while self._waiting and len(batch) < self.max_batch:
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: list[_Waiting[ItemT, ResultT]]) -> None:
        give_up_at = time.monotonic() + LONGEST_TRYING
        for delay in (*RETRY_SECONDS, None):
            try:
                results = self.insert([waiting.item for waiting in batch])
            except (OperationalError, InterfaceError) as error:
                self._note_down(error)
                connection.close()
                if delay is None or self._stopping.is_set() or time.monotonic() > give_up_at:
                    _refuse(batch)
                    return
                time.sleep(delay)
            except DatabaseError as error:
                self._write_alone(batch, error)
                return
            else:
                self._note_up()
                _answer(batch, results)
                return

    def _write_alone(self, batch: list[_Waiting[ItemT, ResultT]], error: DatabaseError) -> None:
        """The database refused the batch because of what is in it: nobody else's row may suffer for it."""
        if len(batch) > 1:
            for waiting in batch:
                self._write([waiting])
            return
        # An integrity error: what the row belongs to was deleted a moment ago.
        bare = None if isinstance(error, IntegrityError) else self.bare(batch[0].item)
        if bare is None:
            if not isinstance(error, IntegrityError):
                logger.error("%s: a row was refused by the database: %s", self.name, error)
            _refuse(batch)
            return
        logger.error("%s: a row was refused by the database and is kept bare: %s", self.name, error)
        try:
            results = self.insert([bare])
        except DatabaseError:
            logger.exception("%s: not even the bare row could be stored", self.name)
            connection.close()
            _refuse(batch)
        else:
            _answer(batch, results)

    def _note_down(self, error: Exception) -> None:
        if not self._is_database_down:
            logger.error("%s: nothing can be stored: %s", self.name, error)
        self._is_database_down = True

    def _note_up(self) -> None:
        if self._is_database_down:
            logger.warning("%s: rows are stored again", self.name)
        self._is_database_down = False


_Woken = tuple[_Waiting[ItemT, ResultT], ResultT | None, Exception | None]


def _answer(batch: list[_Waiting[ItemT, ResultT]], results: Sequence[ResultT]) -> None:
    woken: list[_Woken[ItemT, ResultT]] = [
        (waiting, result, None) for waiting, result in zip(batch, results, strict=True)
    ]
    _wake(woken)


def _refuse(batch: list[_Waiting[ItemT, ResultT]]) -> None:
    woken: list[_Woken[ItemT, ResultT]] = [(waiting, None, NotStored()) for waiting in batch]
    _wake(woken)


def _wake(woken: list[_Woken[ItemT, ResultT]]) -> None:
    """Wake all waiters of a batch, each loop with one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Woken[ItemT, ResultT]]] = {}
    for one in woken:
        by_loop.setdefault(one[0].loop, []).append(one)
    for loop, ones in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, ones)
        except RuntimeError:  # that loop has ended: nobody waits there any more
            logger.warning("%d senders went away before their answer", len(ones))


def _resolve(woken: list[_Woken[ItemT, ResultT]]) -> None:
    for waiting, result, error in woken:
        if not waiting.answer.done():
            if error is None:
                waiting.answer.set_result(result)  # type: ignore[arg-type]
            else:
                waiting.answer.set_exception(error)
