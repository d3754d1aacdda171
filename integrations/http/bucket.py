"""The pace of calls, shared by all workers: of one integration, of a host, or of the whole installation.

A worker reserves slots from the shared bucket for about a quarter of a second at a time, so a busy one asks the
database four times a second and an idle one cannot keep the pace from the others for longer than that. A slot that
was not used in its time is lost, never saved up: after a pause no more than `burst` leaves at once.
"""

import threading
import time
from collections import deque

from django.utils.translation import gettext as _

from integrations.http.reserve import Place, advance
from integrations.manifest import RateLimit
from tenants.errors import RateLimited

RESERVED_SECONDS = 0.25


class Bucket:
    """A bucket as this process sees it. Safe to share between threads."""

    def __init__(self, place: Place, limit: RateLimit) -> None:
        self._place, self.limit = place, limit
        self._name = limit.name
        self._spacing = 1 / limit.per_second
        self._tolerance = limit.burst * self._spacing
        self._count = max(1, int(limit.per_second * RESERVED_SECONDS))
        self._slots: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, patience: float) -> float:
        """Wait for a token and return how long that took; RateLimited when it would take longer than `patience`."""
        with self._lock:
            wait = self._next() - self._tolerance - time.time()
            if wait > patience:
                raise RateLimited(
                    _("Our own limit for this system is reached; the call waits for its turn."),
                    detail=f"bucket {self._name}: free in {wait:.2f} s",
                    retry_after=wait,
                )
            self._slots.popleft()
        if wait <= 0:
            return 0.0
        time.sleep(wait)
        return wait

    def hold(self, seconds: float) -> None:
        """The outside system asked for a pause: nobody takes a token before it is over."""
        with self._lock:
            self._slots.clear()
            advance(self._place, time.time() + seconds + self._tolerance, 0.0)

    def _next(self) -> float:
        stale = time.time() - self._spacing
        while self._slots and self._slots[0] < stale:
            self._slots.popleft()
        if not self._slots:
            span = self._count * self._spacing
            end = advance(self._place, time.time(), span)
            self._slots.extend(end - span + number * self._spacing for number in range(self._count))
        return self._slots[0]
