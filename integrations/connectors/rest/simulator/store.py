"""What the made-up system keeps: contacts and orders, each with an id and the time of its last change."""

import itertools
import threading
from datetime import UTC, datetime
from typing import Any

from tenants.simulation import Clock

COLLECTIONS = ("contacts", "orders")


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Store:
    """Thread-safe; objects are in the order of their ids, so that reading keeps its place."""

    def __init__(self, clock: Clock) -> None:
        self.lock, self._clock = threading.RLock(), clock
        self._ids = itertools.count(1)
        self.rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in COLLECTIONS}
        self._made: dict[str, int] = {}
        self._marks = itertools.count(1)
        self._changed: dict[tuple[str, int], int] = {}

    def clear(self) -> None:
        with self.lock:
            for rows in self.rows.values():
                rows.clear()
            self._made.clear()
            self._changed.clear()

    def add(self, collection: str, values: dict[str, Any], at: datetime | None = None, key: str = "") -> Any:
        """A new object; the same one again when the key is known."""
        with self.lock:
            if key and key in self._made:
                return self.rows[collection][self._made[key]]
            number = next(self._ids)
            changed = stamp(at or self._clock.now())
            self.rows[collection][number] = {**values, "id": number, "updated_at": changed}
            self._changed[collection, number] = next(self._marks)
            if key:
                self._made[key] = number
            return self.rows[collection][number]

    def change(
        self, collection: str, number: int, values: dict[str, Any], at: datetime | None = None
    ) -> Any | None:
        with self.lock:
            row = self.rows[collection].get(number)
            if row is not None:
                row |= {**values, "id": number, "updated_at": stamp(at or self._clock.now())}
                self._changed[collection, number] = next(self._marks)
            return row

    def remove(self, collection: str, number: int) -> bool:
        with self.lock:
            if self.rows[collection].pop(number, None) is None:
                return False
            self._changed[collection, number] = next(self._marks)
            return True

    def journal(self, collection: str, after: int) -> tuple[list[dict[str, Any]], int]:
        """What was added, changed or removed behind that mark, in this order, and the newest mark."""
        with self.lock:
            marks = sorted(
                (mark, number) for (name, number), mark in self._changed.items() if name == collection
            )
            rows = self.rows[collection]
            found = [
                dict(rows[number]) if number in rows else {"@removed": {"reason": "deleted"}, "id": number}
                for mark, number in marks
                if mark > after and (number in rows or after)
            ]
            return found, marks[-1][0] if marks else after

    def get(self, collection: str, number: int) -> Any | None:
        with self.lock:
            return self.rows[collection].get(number)

    def since(self, collection: str, since: str) -> list[dict[str, Any]]:
        """All of them, or those changed at that time or later."""
        with self.lock:
            rows = [dict(row) for row in self.rows[collection].values()]
        return [row for row in rows if not since or str(row["updated_at"]) >= since]
