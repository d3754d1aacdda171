"""How many deliveries of one endpoint this process works on at a time: all that it may while the endpoint answers, one
while it does not, and twice as many after each answer when it is back.

Without it eight endpoints that never answer would hold every row and connection of a worker until their time-outs.
"""

import threading
from collections import OrderedDict

NARROWEST = 1
# Each is a branch of the statement that leases.
MOST_REMEMBERED = 200


class Windows:
    """Of endpoints that are in trouble; everybody else has the whole of `widest`. Safe to share between threads."""

    def __init__(self, widest: int) -> None:
        self._widest = widest
        self._open: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def learn(self, group: str, *, has_answered: bool) -> None:
        """What one try showed; whether the delivery is tried again says nothing of the endpoint."""
        with self._lock:
            if not has_answered:
                self._open[group] = max(self._open.pop(group, self._widest) // 2, NARROWEST)
                if len(self._open) > MOST_REMEMBERED:
                    self._open.popitem(last=False)
            elif group in self._open:
                self._open[group] *= 2
                if self._open[group] >= self._widest:
                    del self._open[group]

    def held_back(self) -> dict[str, int]:
        """How many fewer rows than usual may be taken of an endpoint, by group."""
        with self._lock:
            return {group: self._widest - width for group, width in self._open.items()}
