"""Long computing that gives way: whoever had to wait for a processor lets it go for some times as long.

A lower priority decides who of two gets a processor next; it does not keep others from finding all of them taken, nor does it reach
the database, which works on for a client that reads on. A pause does: what is not read is not computed.
On a machine with nothing else to do nobody waits, and nothing pauses.
"""

import threading
import time
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 0.02
FACTOR: Final = 4
LONGEST_SECONDS: Final = 0.25
"""Short enough that whoever is cancelled meanwhile stops within a second."""
# What the scheduler noted of a thread: nanoseconds on a processor, nanoseconds of waiting for one, time slices
# (Documentation/scheduler/sched-stats.rst). Linux only.
_STATISTICS: Final = Path("/proc/thread-self/schedstat")


class Courtesy:
    """The pauses of one thread; `give_way` may be called as often as one likes."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._looked_at = time.monotonic()
        self._waited = waited_seconds()

    def give_way(self) -> float:
        """Pause if this thread had to wait since the last look; for how many seconds it did."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return 0.0
        assert threading.get_ident() == self._thread, "each thread waits for itself"
        waited = waited_seconds()
        pause = min((waited - self._waited) * FACTOR, LONGEST_SECONDS)
        time.sleep(pause)
        self._waited, self._looked_at = waited, time.monotonic()
        return pause


def waited_seconds() -> float:
    """How long this thread has been ready without a processor since it began; 0 where the system does not tell."""
    try:
        return int(_STATISTICS.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
