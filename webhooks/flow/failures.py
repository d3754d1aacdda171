"""Counts, in one worker, the tries that endpoints did not answer, and says when they are too many to go on as before."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

IN_A_ROW: Final = 5
SHARE: Final = 0.7
TRIES: Final = 20
"""Fewer tell nothing about a share."""
PERIOD: Final = 300.0
MOST_TRIES: Final = 200
"""That are remembered of one endpoint: the latest."""


@dataclass(slots=True)
class _Record:
    in_a_row: int = 0
    tries: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=MOST_TRIES))

    def are_too_many(self) -> bool:
        failed = sum(not has_answered for _at, has_answered in self.tries)
        return self.in_a_row >= IN_A_ROW or (len(self.tries) >= TRIES and failed >= SHARE * len(self.tries))


class Failures:
    """Of endpoints that failed within the last minutes; nothing is kept of the others."""

    def __init__(self) -> None:
        self._records: dict[UUID, _Record] = {}
        self._lock = threading.Lock()

    def note(self, endpoint_id: UUID, now: float, *, has_answered: bool) -> bool:
        """A try is over; whether it failed and so did too many before it. `now` in seconds of a steady clock."""
        with self._lock:
            record = self._records.get(endpoint_id)
            if record is None:
                if has_answered:
                    return False
                record = self._records[endpoint_id] = _Record()
            while record.tries and record.tries[0][0] < now - PERIOD:
                record.tries.popleft()
            record.tries.append((now, has_answered))
            record.in_a_row = 0 if has_answered else record.in_a_row + 1
            if not any(not answered for _at, answered in record.tries):
                del self._records[endpoint_id]
            return not has_answered and record.are_too_many()

    def are_too_many(self, endpoint_id: UUID) -> bool:
        with self._lock:
            record = self._records.get(endpoint_id)
            return record is not None and record.are_too_many()

    def forget(self, endpoint_id: UUID) -> None:
        """It was acted upon."""
        with self._lock:
            self._records.pop(endpoint_id, None)
