"""Counting requests in the cache, for all web processes that share one.

Without CACHE_URL each web process counts in its own memory: exact with the one process that Switchboard starts by itself,
and with several a limit counts for each of them. When the cache does not answer nothing is counted and nobody is refused.
"""

import logging
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

CACHE_ERRORS = (RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more is within the limit, how many are left, seconds until the window ends, seconds to wait."""

    is_allowed: bool
    remaining: int
    reset: int
    wait: int


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds, over a sliding window that is estimated from two counters."""

    count: int
    seconds: int

    def take(self, name: str, now: float | None = None) -> Verdict:
        """Count one more under this name; what is refused is not counted."""
        now = time.time() if now is None else now
        slot, elapsed = int(now // self.seconds), now % self.seconds
        reset = max(math.ceil(self.seconds - elapsed), 1)
        try:
            current, previous = self._increment(name, slot), self._get(name, slot - 1)
            used = current + previous * (1 - elapsed / self.seconds)
            if used > self.count:
                cache.decr(_name(name, slot))
                return Verdict(False, 0, reset, self._wait(current - 1, previous, elapsed))
        except CACHE_ERRORS as error:
            logger.warning("requests are not counted, the cache does not answer: %s", type(error).__name__)
            return Verdict(True, self.count, reset, 0)
        except ValueError:  # the counter expired between two steps
            return Verdict(True, self.count, reset, 0)
        return Verdict(True, int(self.count - used), reset, 0)

    def look(self, name: str, now: float | None = None) -> Verdict:
        """What `take` would say, counting nothing."""
        now = time.time() if now is None else now
        slot, elapsed = int(now // self.seconds), now % self.seconds
        reset = max(math.ceil(self.seconds - elapsed), 1)
        try:
            current, previous = self._get(name, slot), self._get(name, slot - 1)
        except CACHE_ERRORS:
            return Verdict(True, self.count, reset, 0)
        used = current + 1 + previous * (1 - elapsed / self.seconds)
        if used > self.count:
            return Verdict(False, 0, reset, self._wait(current, previous, elapsed))
        return Verdict(True, int(self.count - used), reset, 0)

    def is_used_up(self, name: str) -> bool:
        """Whether `take` would refuse, counting nothing."""
        return not self.look(name).is_allowed

    def _increment(self, name: str, slot: int) -> int:
        cache.add(_name(name, slot), 0, timeout=2 * self.seconds + 1)
        return int(cache.incr(_name(name, slot)))

    @staticmethod
    def _get(name: str, slot: int) -> int:
        return int(cache.get(_name(name, slot)) or 0)

    def _wait(self, current: int, previous: int, elapsed: float) -> int:
        """Seconds until one more fits: when enough of the previous window has slid out, else in the next one."""
        room = self.count - 1 - current
        if room >= 0 and previous:
            free_at = self.seconds * (1 - room / previous)
            return max(math.ceil(free_at - elapsed), 1)
        return max(math.ceil(self.seconds - elapsed + self.seconds / self.count), 1)


def is_first(name: str, seconds: int) -> bool:
    """Whether this happens for the first time in so many seconds; also where the cache does not answer."""
    try:
        return bool(cache.add(f"once:{name}", 1, timeout=seconds))
    except CACHE_ERRORS:
        return True


def _name(name: str, slot: int) -> str:
    return f"count:{name}:{slot}"
