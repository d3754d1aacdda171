"""When machines were last seen: gathered in memory, written by a thread of its own, at most once a minute each."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import Q
from django.utils import timezone

from tenants.addresses import parse_address
from tenants.models import MachineCredential
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)

GATHER_SECONDS = 5.0
STEP = timedelta(minutes=1)

Name = tuple[type[MachineCredential], UUID]


@dataclass(frozen=True, slots=True)
class Seen:
    at: datetime
    address: str | None


class Usage:
    """Notes uses; `flush` writes what is due."""

    def __init__(self, gather: float = GATHER_SECONDS) -> None:
        self._gather = gather
        self._pending: dict[Name, Seen] = {}
        self._written: dict[Name, float] = {}
        self._lock = threading.Lock()
        self._signal = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, credential: MachineCredential, address: str | None) -> None:
        parsed = parse_address(address)
        seen = Seen(timezone.now(), str(parsed) if parsed else None)
        with self._lock:
            self._pending[(type(credential), credential.pk)] = seen
            if self._thread is None and settings.WAKE_WORKERS:
                self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
                self._thread.start()
        self._signal.set()

    def flush(self) -> int:
        """Write every use whose last one was written a minute ago or more; how many rows changed."""
        now = time.monotonic()
        with self._lock:
            due = {
                name: seen
                for name, seen in self._pending.items()
                if now - self._written.get(name, float("-inf")) >= STEP.total_seconds()
            }
        count = 0
        for name, seen in due.items():
            count += _write(name, seen)
            with self._lock:
                self._written[name] = now
                if self._pending.get(name) == seen:
                    del self._pending[name]
        return count

    def _run(self) -> None:
        while True:
            self._signal.wait()
            self._signal.clear()
            time.sleep(self._gather)  # many uses become one
            try:
                self.flush()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("when keys were used could not be written: %s", type(error).__name__)
            finally:
                connections.close_all()
            if self._pending:
                self._signal.set()


def _write(name: Name, seen: Seen) -> int:
    model, pk = name
    # Other web processes write, too: the row itself says when it was written last.
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=seen.at - STEP)
    with all_tenants():
        rows = model.objects.filter(is_due, pk=pk)
        return int(rows.update(last_used_at=seen.at, last_used_from=seen.address))


usage = Usage()
