"""The time as a simulated system tells it: ours, moved by the orders that say so."""

import time
from datetime import UTC, datetime

from tenants.simulation.faults import Faults


class Clock:
    """`faults` None is a clock that goes right."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time() + (self._faults.skew() if self._faults else 0.0)

    def now(self) -> datetime:
        """In UTC."""
        return datetime.fromtimestamp(self.time(), UTC)
