"""How fast a bot may write: one message a second to a chat, twenty a minute to a group, thirty a second in all."""

from collections import defaultdict, deque
from math import ceil
from time import monotonic

# Under a second: a client that paces itself exactly at the limit is not refused for jitter on the way.
SECOND = 0.95
RULES = {"all": (30, SECOND), "chat": (1, SECOND), "group": (20, 60.0)}


class Pace:
    """Refused messages do not count."""

    def __init__(self) -> None:
        self._passed: dict[tuple[str, int], deque[float]] = defaultdict(deque)

    def wait(self, chat_id: int, count: int = 1) -> int:
        """0 where so many may pass together, which counts; else `retry_after` in whole seconds."""
        now = monotonic()
        keys = [("all", 0), ("group" if chat_id < 0 else "chat", chat_id)]
        for key in keys:
            most, span = RULES[key[0]]
            passed = self._passed[key]
            while passed and passed[0] <= now - span:
                passed.popleft()
            # An album to one person passes as a whole, whatever its size.
            if len(passed) + (1 if key[0] == "chat" else count) > most:
                return max(1, ceil(passed[0] + span - now)) if passed else ceil(span)
        for key in keys:
            self._passed[key].extend([now] * count)
        return 0
