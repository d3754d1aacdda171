"""How many requests in a second, or in a minute, an outside system lets through."""

import threading
from collections import deque
from time import monotonic

# Under a second: a client that paces itself exactly at the limit is not refused for jitter on the way.
WINDOW_SECONDS = 0.95


class RateLimit:
    """At most `most` requests in any `seconds`; refused requests do not count."""

    def __init__(self, most: int, seconds: float = 1.0) -> None:
        self.most, self.seconds = most, seconds
        self._passed: deque[float] = deque()
        self._lock = threading.Lock()

    def admit(self) -> bool:
        now = monotonic()
        with self._lock:
            while self._passed and self._passed[0] <= now - WINDOW_SECONDS * self.seconds:
                self._passed.popleft()
            if len(self._passed) >= self.most:
                return False
            self._passed.append(now)
            return True
