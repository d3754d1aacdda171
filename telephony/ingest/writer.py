"""Group commit: one thread writes the events of all waiting requests in one transaction, then answers them all.

While a commit runs, new events gather; the next one takes them together. Nobody waits for a batch to fill: an idle
connection is used at once. No request is answered before its row is committed.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from config.ids import uuid7
from telephony.ingest.parse import ParsedEvent
from telephony.ingest.tokens import Source
from tenants.work import enqueue

logger = logging.getLogger(__name__)

LANE: Final = "calls.fold"
MAX_BATCH: Final = 400
MAX_WAITING: Final = 5000
RETRY_SECONDS: Final = (0.05, 0.2, 0.5, 1.0)
COLUMNS: Final = (
    "id, tenant_id, created_at, pbx_id, kind, unique_id, linked_id, payload, raw, degraded, digest, address"
)


class Overloaded(Exception):
    """Too many requests wait already."""


class NotStored(Exception):
    """The database did not take the event in time."""


@dataclass(frozen=True, slots=True)
class NewCallEvent:
    """One row to be, and whom to tell."""

    source: Source
    event: ParsedEvent
    address: str
    at: datetime = field(default_factory=timezone.now)
    id: UUID = field(default_factory=uuid7)


def insert(events: Sequence[NewCallEvent]) -> int:
    """Store events and queue their folding in one transaction; how many were new. A repeat is no error and no row."""
    is_postgres = connection.vendor == "postgresql"
    one = "(%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s, %s)"
    if not is_postgres:
        one = one.replace("::jsonb", "")
    values = [value for event in events for value in _values(event, is_postgres)]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO telephony_callevent ({COLUMNS}) VALUES {', '.join([one] * len(events))}"  # noqa: S608
                " ON CONFLICT (pbx_id, digest) DO NOTHING RETURNING id",
                values,
            )
            stored = {row if is_postgres else UUID(row) for (row,) in cursor.fetchall()}
        new = [event for event in events if event.id in stored]
        enqueue(LANE, [(event.id, event.source.tenant_id, str(event.source.pbx_id), None) for event in new])
    return len(new)


def _values(new: NewCallEvent, is_postgres: bool) -> Iterable[Any]:
    event = new.event
    key = (lambda value: value) if is_postgres else (lambda value: value.hex)
    return (
        key(new.id),
        new.source.tenant_id,
        connection.ops.adapt_datetimefield_value(new.at),
        key(new.source.pbx_id),
        event.kind,
        event.unique_id,
        event.linked_id,
        orjson.dumps(event.payload).decode(),
        event.raw,
        orjson.dumps(event.degraded).decode(),
        event.digest,
        new.address,
    )


@dataclass(slots=True)
class _Waiting:
    event: NewCallEvent
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[None]


class GroupWriter:
    """A service of the web process (see config/front): owns the writing thread."""

    name = "call event writer"

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._signal = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_database_down = False

    async def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="call-event-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """What was accepted is still written."""
        self._stopping.set()
        self._signal.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def store(self, event: NewCallEvent) -> None:
        """Returns after the commit. Raises Overloaded or NotStored: then there is no row, and nobody was told 200."""
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded
        if self._stopping.is_set():
            raise NotStored
        loop = asyncio.get_running_loop()
        waiting = _Waiting(event, loop, loop.create_future())
        self._waiting.append(waiting)
        self._signal.set()
        await waiting.answer

    def _run(self) -> None:
        while True:
            self._signal.wait()
            self._signal.clear()
            while batch := self._take():
                self._write(batch)
            if self._stopping.is_set() and not self._waiting:
                connection.close()
                return

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < MAX_BATCH:
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: list[_Waiting]) -> None:
        for delay in (*RETRY_SECONDS, None):
            try:
                insert([waiting.event for waiting in batch])
            except (OperationalError, InterfaceError) as error:
                self._note_down(error)
                connection.close()
                if delay is None or self._stopping.wait(0):
                    _answer(batch, NotStored)
                    return
                time.sleep(delay)
            except DatabaseError as error:
                self._write_alone(batch, error)
                return
            else:
                self._note_up()
                _answer(batch, None)
                return

    def _write_alone(self, batch: list[_Waiting], error: DatabaseError) -> None:
        """The database refused the batch because of what is in it: nobody else's event may suffer for it."""
        if len(batch) > 1:
            for waiting in batch:
                self._write([waiting])
            return
        [waiting] = batch
        if isinstance(error, IntegrityError):
            # The exchange or its company was deleted a moment ago.
            _answer(batch, NotStored)
            return
        logger.error("an event was refused by the database and is kept as raw text only: %s", error)
        try:
            insert([_bare(waiting.event)])
        except DatabaseError:
            logger.exception("not even the raw text could be stored")
            connection.close()
            _answer(batch, NotStored)
        else:
            _answer(batch, None)

    def _note_down(self, error: Exception) -> None:
        if not self._is_database_down:
            logger.error("call events cannot be stored: %s", error)
        self._is_database_down = True

    def _note_up(self) -> None:
        if self._is_database_down:
            logger.warning("call events are stored again")
        self._is_database_down = False


def _bare(new: NewCallEvent) -> NewCallEvent:
    """The event with nothing in it but ASCII text, for a content that no column takes."""
    event = new.event
    text = (event.raw or orjson.dumps(event.payload).decode()).encode("ascii", "backslashreplace").decode()
    bare = ParsedEvent(
        event.kind,
        "",
        _ascii(event.unique_id),
        _ascii(event.linked_id),
        {},
        text,
        (*event.degraded, "unstorable"),
        event.digest,
    )
    return NewCallEvent(new.source, bare, new.address, new.at, new.id)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\x00", "")


def _answer(batch: list[_Waiting], error: type[Exception] | None) -> None:
    """Wake all waiters of a batch, each loop with one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in batch:
        by_loop.setdefault(waiting.loop, []).append(waiting.answer)
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, answers, error)
        except RuntimeError:  # that loop has ended: nobody waits there any more
            logger.warning("%d senders went away before their answer", len(answers))


def _resolve(answers: list[asyncio.Future[None]], error: type[Exception] | None) -> None:
    for answer in answers:
        if not answer.done():
            if error is None:
                answer.set_result(None)
            else:
                answer.set_exception(error())
