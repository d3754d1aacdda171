"""The watcher's thread. It lives in the web process: neither workers nor beat could tell of their own absence.

While the database is silent nothing can be written: the operators as they were known are told by mail, the rest follows when
it answers again.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from tenants.installation.telling import Operator, mail, mail_owed, operators
from tenants.installation.troubles import DATABASE, Trouble, troubles
from tenants.installation.watch import BEGINS_AFTER, known, note, note_silence
from tenants.models.installation import Severity

logger = logging.getLogger(__name__)
EVERY_SECONDS: Final = 30.0
_SILENT: Final = Trouble(DATABASE, Severity.CRITICAL, "the database did not answer")


class Watcher:
    """A service of the front."""

    name = "installation"

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._operators: Sequence[Operator] = ()
        self._silent_since: datetime | None = None
        self._is_mailed = False

    async def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="installation", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """A mail that is on its way is not waited for: it is a daemon's."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            try:
                self.look()
            except Exception:
                # This thread is all that watches: whatever goes wrong in one look, there is a next one.
                logger.exception("the installation could not be watched")
            finally:
                close_old_connections()
        connection.close()

    def look(self, now: datetime | None = None) -> None:
        now = now or timezone.now()
        try:
            self._look(now)
        except (DatabaseError, InterfaceError):
            self._hear_nothing(now)

    def _look(self, now: datetime) -> None:
        found = list(troubles(known()))
        if any(trouble.code == DATABASE for trouble in found):
            self._hear_nothing(now)
            return
        self._operators = operators()
        if self._silent_since is not None:
            note_silence(_SILENT, self._silent_since, now, is_mailed=self._is_mailed)
            self._silent_since, self._is_mailed = None, False
        note(found, now)
        mail_owed()

    def _hear_nothing(self, now: datetime) -> None:
        self._silent_since = self._silent_since or now
        if not self._is_mailed and now - self._silent_since >= BEGINS_AFTER:
            self._is_mailed = bool(mail(self._operators, DATABASE, _SILENT.detail, self._silent_since))


watcher = Watcher()
