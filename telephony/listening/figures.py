"""How late and how many: the last few minutes of one exchange's events. Touched by the scribe's thread, read by the keeper's."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

REMEMBERED: Final = 2000
WINDOW_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Pace:
    lag_p50: float | None
    lag_p99: float | None
    per_minute: int


class Figures:
    """`stored` is told of each batch when it is committed: that is when a pop-up can begin."""

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=REMEMBERED)
        self._seconds: deque[tuple[int, int]] = deque(maxlen=WINDOW_SECONDS + 1)
        self.last_event_at: float | None = None
        self.total = 0

    def stored(self, happened: list[float], now: float) -> None:
        """Events that happened then, on our clock, are committed now."""
        self._lags.extend([max(now - one, 0.0) for one in happened])
        self.last_event_at = max(happened)
        self.total += len(happened)
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + len(happened))
        else:
            self._seconds.append((second, len(happened)))

    def pace(self) -> Pace:
        lags = sorted(self._lags.copy())
        since = time.time() - WINDOW_SECONDS
        count = sum(number for second, number in self._seconds.copy() if second >= since)
        if not lags:
            return Pace(None, None, count)
        return Pace(_ms(lags[len(lags) // 2]), _ms(lags[min(int(len(lags) * 0.99), len(lags) - 1)]), count)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
