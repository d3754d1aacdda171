"""Writes what all lines hear: events in batches, and how the phones stand. One thread for the whole process."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from config.ids import uuid7
from telephony.ingest.writer import NewCallEvent, bare, insert
from telephony.listening.figures import Figures
from telephony.models.listening import ExtensionPresence, PresenceState
from tenants import bulk
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)

BATCH: Final = 200
GATHER_SECONDS: Final = 0.01
"""An exchange says several things of a call within milliseconds: together they are one commit and one fold."""
MOST_WAITING: Final = 20_000
"""Events of all exchanges that wait for the database: some 40 MB. Beyond that the lines stop reading."""
RETRY_SECONDS: Final = (0.1, 0.5, 1.0, 2.0)


class Ledger:
    """What of one exchange's events is stored. `pending` has the receipt of those that are not."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.pending: deque[float] = deque()

    def covered_until(self, heard_at: float) -> float:
        """Everything received until then is stored."""
        return self.pending[0] if self.pending else heard_at


@dataclass(frozen=True, slots=True)
class Heard:
    """An event on its way into the database."""

    row: NewCallEvent
    ledger: Ledger


class Scribe(threading.Thread):
    """`put` waits when too much waits: then a line stops reading, and its exchange knows what to do about it."""

    def __init__(self) -> None:
        super().__init__(name="scribe", daemon=True)
        self._waiting: deque[Heard] = deque()
        self._phones: dict[tuple[UUID, str], ExtensionPresence] = {}
        self._changed = threading.Condition()
        self._is_stopping = False
        self._failures = 0

    @property
    def is_database_down(self) -> bool:
        return self._failures > 0

    def put(self, heard: Sequence[Heard], received: float) -> bool:
        """Whether there was room at once."""
        with self._changed:
            had_room = len(self._waiting) < MOST_WAITING
            while len(self._waiting) >= MOST_WAITING and not self._is_stopping:
                self._changed.wait(1.0)
            for one in heard:
                one.ledger.pending.append(received)
            self._waiting.extend(heard)
            self._changed.notify_all()
        return had_room

    def note(self, pbx_id: UUID, tenant_id: int, extension: str, state: PresenceState) -> None:
        """How an extension's phone stands from now on."""
        row = ExtensionPresence(
            id=uuid7(),
            tenant_id=tenant_id,
            pbx_id=pbx_id,
            extension=extension,
            state=state,
            since=timezone.now(),
        )
        with self._changed:
            self._phones[pbx_id, extension] = row
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until everything is written that was put before; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._phones, seconds)

    def stop(self, seconds: float) -> None:
        """Write what there is, as far as the database takes it in that time."""
        self.flush(seconds)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self.join(seconds)

    def run(self) -> None:
        with all_tenants():
            while self._next():
                self._write()
        connection.close()

    def _next(self) -> bool:
        with self._changed:
            while not (self._waiting or self._phones or self._is_stopping):
                self._changed.wait()
            if self._is_stopping:
                return False
            if len(self._waiting) < BATCH:
                self._changed.wait_for(
                    lambda: len(self._waiting) >= BATCH or self._is_stopping, GATHER_SECONDS
                )
            return True

    def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(len(self._waiting), BATCH))]
        with self._changed:
            phones = dict(self._phones)
        try:
            if batch:
                store([one.row for one in batch])
            if phones:
                _store_phones(list(phones.values()))
        except (DatabaseError, InterfaceError) as error:
            self._failed(error)
            return
        self._done(batch, phones)

    def _done(self, batch: list[Heard], phones: dict[tuple[UUID, str], ExtensionPresence]) -> None:
        if self._failures:
            logger.warning("the database answers again; %d events wait", len(self._waiting))
            self._failures = 0
        now = time.time()
        happened: dict[Ledger, list[float]] = {}
        with self._changed:
            for one in batch:
                self._waiting.popleft()
                one.ledger.pending.popleft()
                happened.setdefault(one.ledger, []).append(one.row.at.timestamp())
            for key, row in phones.items():
                if self._phones.get(key) is row:
                    del self._phones[key]
            self._changed.notify_all()
        for ledger, moments in happened.items():
            ledger.figures.stored(moments, now)

    def _failed(self, error: Exception) -> None:
        if not self._failures:
            logger.error("the database does not take what exchanges say, which waits in memory: %s", error)
        pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
        self._failures += 1
        close_old_connections()
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping, pause)


def store(rows: Sequence[NewCallEvent]) -> None:
    """One statement; rows that the database refuses for their content go in by themselves, stripped to what it takes.

    What belongs to an exchange that was deleted meanwhile is dropped: nobody is left who could miss it.
    """
    try:
        insert(rows)
        return
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        logger.warning("a batch of %d events was refused, each is written alone: %s", len(rows), error)
        close_old_connections()
    for row in rows:
        _store_alone(row)


def _store_alone(row: NewCallEvent) -> None:
    for attempt in (row, bare(row)):
        try:
            insert([attempt])
            return
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError as error:
            refusal = error
    logger.warning("an event %s was refused: %s", row.event.kind, type(refusal).__name__)


def _store_phones(rows: list[ExtensionPresence]) -> None:
    """Current state only. A phone that stands as it stood keeps its `since`."""
    try:
        known = {
            (one.pbx_id, one.extension): one
            for one in ExtensionPresence.objects.filter(
                pbx_id__in={row.pbx_id for row in rows}, extension__in={row.extension for row in rows}
            )
        }
        changed = [row for row in rows if _differs(row, known.get((row.pbx_id, row.extension)))]
        bulk.upsert(changed, ("pbx", "extension"), ("state", "since"))
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        logger.warning("the state of %d phones was refused: %s", len(rows), type(error).__name__)
        close_old_connections()


def _differs(row: ExtensionPresence, known: ExtensionPresence | None) -> bool:
    return known is None or known.state != row.state
