"""A counter that can be waited for: tests and live pages learn at once that something happened."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic

# A burst of calls redraws a page at most this often.
MIN_SECONDS_BETWEEN_PUSHES = 0.1
KEEP_ALIVE_SECONDS = 15.0


class Changes:
    """Counts changes and wakes whoever waits for the next one; `close` wakes them all for good."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._version = 0
        self._stopping = threading.Event()

    def touch(self) -> None:
        with self._condition:
            self._version += 1
            self._condition.notify_all()

    def close(self) -> None:
        self._stopping.set()
        self.touch()

    @property
    def closed(self) -> bool:
        return self._stopping.is_set()

    def pause(self, seconds: float) -> None:
        """Waits, but never past the end of the simulator."""
        self._stopping.wait(seconds)

    def next(self, seen: int, timeout: float) -> int:
        """The current version, as soon as it differs from `seen` or after `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._version != seen or self.closed, timeout)
            return self._version

    def wait_until(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Whether the condition came true before the time-out; re-checked after each change."""
        deadline = monotonic() + timeout
        seen = -1
        while not holds():
            remaining = deadline - monotonic()
            if remaining <= 0 or self.closed:
                return False
            seen = self.next(seen, remaining)
        return True

    def stream(self, snapshot: Callable[[], bytes]) -> Iterator[bytes]:
        """Server-Sent Events: the snapshot now and whenever it differs, until the simulator stops."""
        seen, sent = -1, b""
        while not self.closed:
            version = self.next(seen, KEEP_ALIVE_SECONDS)
            data = snapshot() if version != seen else sent
            yield b"data: " + data + b"\n\n" if data != sent else b": still here\n\n"
            seen, sent = version, data
            self.pause(MIN_SECONDS_BETWEEN_PUSHES)
