"""How many requests a second an outside system lets through."""

import threading
from collections import deque
from time import monotonic

# Under a second: a client that paces itself exactly at the limit is not refused for jitter on the way.
WINDOW_SECONDS = 0.95


class RateLimit:
    """At most `per_second` requests in any one second; refused requests do not count."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._passed: deque[float] = deque()
        self._lock = threading.Lock()

    def admit(self) -> bool:
        now = monotonic()
        with self._lock:
            while self._passed and self._passed[0] <= now - WINDOW_SECONDS:
                self._passed.popleft()
            if len(self._passed) >= self.per_second:
                return False
            self._passed.append(now)
            return True
