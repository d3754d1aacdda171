"""Who goes first among the lanes of one process: where a phone rings, whatever can wait a moment does.

All lanes of a process share one interpreter and, mostly, the machine's few cores. What the same commit woke would
otherwise compute beside the pop-up that it is about. Who waits does so for a few hundredths of a second at most, and
then has more rows to take at once, which costs less than taking them one by one.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LONGEST_SECONDS: Final = 0.05
QUIET_SECONDS: Final = 0.005
"""Between the parts of one urgent thing: a call's event is folded, and a moment later its pop-up leaves."""


class Precedence:
    """Urgent work of this process that goes on, and those who let it pass."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._going_on = 0
        self._quiet_from = float("-inf")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """For urgent work that computes; not for waiting on somebody outside, which keeps nobody from computing."""
        with self._condition:
            self._going_on += 1
        try:
            yield
        finally:
            with self._condition:
                self._going_on -= 1
                self._quiet_from = time.monotonic() + QUIET_SECONDS
                self._condition.notify_all()

    def let_pass(self) -> None:
        """Return in a quiet moment, or when it has been long enough."""
        until = time.monotonic() + LONGEST_SECONDS
        with self._condition:
            while (seconds := self._seconds_to_wait(until)) > 0:
                self._condition.wait(seconds)

    def _seconds_to_wait(self, until: float) -> float:
        now = time.monotonic()
        return until - now if self._going_on else min(until, self._quiet_from) - now


precedence = Precedence()
"""Of this process."""
