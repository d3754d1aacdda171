"""Watches a running export from a second thread: keeps its lease, publishes progress, breaks it off when it was cancelled.

The reading thread sits in a read-only snapshot and may wait long for its first row, so it can do none of this itself.
"""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection

from exports.engine.failures import Stopped
from exports.models import Export, State
from tenants.scoping import all_tenants
from tenants.work import Leased

logger = logging.getLogger(__name__)

# Much less than the second within which a cancelled export stops, even on a busy machine.
INTERVAL_SECONDS = 0.25


class Monitor:
    """A context manager around the work; `rows_done` and `rows_total` are set by it, `is_lost` is asked by it."""

    def __init__(self, row: Leased, interrupt: Callable[[], None]) -> None:
        self.rows_done = 0
        self.rows_total: int | None = None
        self._row = row
        self._interrupt = interrupt
        self._published: tuple[int, int | None] = (0, None)
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"export-{row.subject}", daemon=True)

    @property
    def is_lost(self) -> bool:
        """The export was cancelled, or another worker has taken it over: stop without effect."""
        return self._lost.is_set()

    def check(self) -> None:
        """Stopped when it is."""
        if self.is_lost:
            raise Stopped

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with all_tenants():
                while not self.is_lost and not self._ended.wait(INTERVAL_SECONDS):
                    self._tick()
        finally:
            connection.close()

    def _tick(self) -> None:
        try:
            if not self._row.extend():
                self._lost.set()
                self._interrupt()
                return
            self._publish()
        except (DatabaseError, InterfaceError) as error:
            # The reading thread will notice by itself when the database is really gone.
            logger.warning("export %s: progress could not be written: %s", self._row.subject, error)
            connection.close()

    def _publish(self) -> None:
        progress = (self.rows_done, self.rows_total)
        if progress == self._published:
            return
        Export.objects.filter(pk=self._row.subject, state=State.RUNNING).update(
            rows_done=progress[0], rows_total=progress[1]
        )
        self._published = progress
