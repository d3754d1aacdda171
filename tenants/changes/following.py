"""The receiving end: one thread of each lasting process, web and workers.

Being connected is no proof of hearing: behind a pooler that lends connections out for a transaction, LISTEN works and
nothing ever arrives. So the thread also sends itself an echo, and only what came back lately counts.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, connection

from tenants.changes.announcing import CHANNEL, deliver, deliver_everything

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.5  # how late a change is seen without notifications
ECHO_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 5.0  # without a sign for so long, nobody is thought to speak to us
RETRY_SECONDS: Final = 1.0

Tick = Callable[[], None]


class Follower:
    """Also a service of the front. `on_tick` functions run on its thread every second or so while it hears."""

    name = "changes"

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._heard_at = float("-inf")
        self._ticks: list[Tick] = []
        self._is_down = False

    def on_tick(self, tick: Tick) -> None:
        self._ticks.append(tick)

    @property
    def is_hearing(self) -> bool:
        return time.monotonic() - self._heard_at < SILENCE_SECONDS

    async def start(self) -> None:
        self.begin()

    async def stop(self) -> None:
        self.end()

    def begin(self) -> None:
        """Harmless when it runs already."""
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
            self._thread.start()

    def end(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(SILENCE_SECONDS)
            self._thread = None
        self._heard_at = float("-inf")

    def _run(self) -> None:
        follow = self._listen if connection.vendor == "postgresql" else self._look
        while not self._stopping.is_set():
            try:
                follow()
            except (DatabaseError, InterfaceError, _errors()) as error:
                if not self._is_down:
                    logger.warning(
                        "changes of other processes are not heard; memories are short meanwhile: %s", error
                    )
                self._is_down = True
                self._heard_at = float("-inf")
            finally:
                connection.close()
            self._stopping.wait(RETRY_SECONDS)

    def _hears(self) -> None:
        self._heard_at = time.monotonic()
        if self._is_down:
            self._is_down = False
            logger.info("changes of other processes are heard again")

    def _tick(self) -> None:
        for tick in self._ticks:
            tick()

    def _listen(self) -> None:
        """PostgreSQL, on a connection of its own for as long as it lasts."""
        line: Any = connection.copy()
        line.settings_dict["OPTIONS"].pop("pool", None)
        line.connect()
        try:
            echo = f"{CHANNEL}_{uuid4().hex}"
            line.set_autocommit(True)
            for channel in (CHANNEL, echo):
                line.connection.execute(f'LISTEN "{channel}"')
            deliver_everything()
            while not self._stopping.is_set():
                line.connection.execute(f'NOTIFY "{echo}"')
                until = time.monotonic() + ECHO_SECONDS
                while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
                    for notice in line.connection.notifies(timeout=min(left, POLL_SECONDS)):
                        self._take(notice, echo)
                self._tick()
        finally:
            line.close()

    def _take(self, notice: Any, echo: str) -> None:
        if notice.channel == echo:
            self._hears()
        else:
            topic, key = json.loads(notice.payload)
            deliver(topic, key)

    def _look(self) -> None:
        """SQLite: its file is read again and again."""
        from tenants.models import ChangeMark

        newest = ChangeMark.objects.order_by("-version").values_list("version", flat=True)
        last = newest.first() or 0
        deliver_everything()
        while not self._stopping.is_set():
            self._hears()
            self._tick()
            self._stopping.wait(POLL_SECONDS)
            rows = ChangeMark.objects.filter(version__gt=last).order_by("version")
            for topic, key, version in rows.values_list("topic", "key", "version"):
                deliver(topic, key)
                last = version


def _errors() -> type[Exception]:
    """Those of the driver: LISTEN speaks to its connection without Django's in between."""
    driver: Any = connection
    found: type[Exception] = driver.Database.Error
    return found


follower = Follower()


def is_hearing() -> bool:
    """Whether what other processes change is heard here."""
    return follower.is_hearing
