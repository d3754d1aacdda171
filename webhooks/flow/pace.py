"""The pace of one endpoint: a token bucket that is kept as one number, the moment of its next free slot.

A window of one period never sees more than the limit, wherever it begins: a bucket of `burst` tokens that is refilled at
exactly the limit would let through both the bucket and the refill. So it is refilled a little slower, by the size of the
bucket and by a margin for the time between taking a token and the request's arrival.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

MARGIN: Final = 1.03
LARGEST_PART: Final = 20
"""A bucket holds the limit divided by this: small, but large enough to look for work only so often in a period."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`spacing` seconds between two slots; up to `burst` at once after a pause. `period` is that of the limit."""

    spacing: float
    burst: int
    period: float

    @classmethod
    def of(cls, limit: int, period: float) -> Self:
        burst = max(1, limit // LARGEST_PART)
        return cls(period * MARGIN / (limit - burst + 1), burst, period)

    def take(self, next_slot: float, now: float, wanted: int) -> tuple[int, float]:
        """How many of the wanted may begin now, and the next slot after them."""
        first = self._first(next_slot, now)
        count = math.floor((now - first) / self.spacing + self.burst + 1e-9)
        taken = max(min(wanted, count), 0)
        return taken, first + taken * self.spacing if taken else next_slot

    def wait(self, next_slot: float, now: float) -> float:
        """Seconds until the next one may begin."""
        return max(self._first(next_slot, now) - (self.burst - 1) * self.spacing - now, 0.0)

    def _first(self, next_slot: float, now: float) -> float:
        """Never far ahead: that comes of a clock that was put back, and nobody waits for the time until then."""
        is_sound = next_slot <= now + self.period * MARGIN + self.spacing
        return max(next_slot, now) if is_sound else now
