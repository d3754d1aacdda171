"""Waking workers after a commit. A wake-up is a hint: losing it costs one poll interval, never work.

Inside a worker the runner is told directly, from another process of the same machine by its bell. Only where no worker
hears one a background thread publishes a small message for each lane, many wake-ups becoming one, so that a request
never waits for the broker, not even for a dead one. Workers on further machines find what is left when they poll.
"""

import logging
import threading
import time

from django.conf import settings
from django.db import Error, close_old_connections
from kombu.exceptions import ChannelError, ConnectionError, KombuError

from tenants.heartbeats import is_alive
from tenants.work import bell
from tenants.work.lanes import lane
from tenants.work.runner import Runner

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.005  # wake-ups within this time become one message
PRESENCE_SECONDS = 5.0  # how long it is believed that workers are there, or not
# ValueError: what the file broker says of a damaged file.
BROKER_ERRORS = (KombuError, ConnectionError, ChannelError, OSError, ValueError)
runners: dict[str, Runner] = {}


class Publisher:
    """Sends wake-ups from a thread of its own."""

    def __init__(self) -> None:
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._signal = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_broker_down = False
        self._presence: dict[str, tuple[float, bool]] = {}

    def add(self, name: str) -> None:
        with self._lock:
            self._pending.add(name)
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
        self._signal.set()

    def _run(self) -> None:
        while True:
            self._signal.wait()
            self._signal.clear()
            with self._lock:
                names, self._pending = self._pending, set()
            for name in sorted(names):
                self._publish(name)
            time.sleep(GATHER_SECONDS)

    def _publish(self, name: str) -> None:
        from tenants.tasks import wake_lane

        queue = lane(name).queue
        if not self._is_anybody_there(queue):
            return
        try:
            wake_lane.apply_async((name,), queue=queue, retry=False, ignore_result=True, expires=60)
        except BROKER_ERRORS as error:
            if not self._is_broker_down:
                logger.warning(
                    "the broker does not answer, workers will find their work by themselves: %s", error
                )
            self._is_broker_down = True
        else:
            if self._is_broker_down:
                logger.warning("the broker answers again")
            self._is_broker_down = False

    def _is_anybody_there(self, queue: str) -> bool:
        """Without a worker messages would only pile up; it looks for due rows itself when it starts."""
        asked_at, is_there = self._presence.get(queue, (float("-inf"), False))
        if time.monotonic() - asked_at > PRESENCE_SECONDS:
            try:
                is_there = is_alive(f"worker:{queue}")
            except Error:
                is_there = True  # unknown: the message does no harm
            finally:
                close_old_connections()
            self._presence[queue] = (time.monotonic(), is_there)
        return is_there


_publisher = Publisher()


def wake(name: str) -> None:
    """Tell whoever runs that lane that there is something due."""
    if name in runners:
        runners[name].wake()
    elif settings.WAKE_WORKERS and not bell.ring(name):
        _publisher.add(name)


def heard(name: str) -> None:
    """Another process of this machine rang for that lane."""
    if name in runners:
        runners[name].wake()
