"""What Skeleton keeps: users and contacts, each with an id and the time of its last change."""

import itertools
import threading
from datetime import UTC, datetime
from typing import Any

from tenants.simulation import Clock

COLLECTIONS = ("contacts",)
FIELDS = {"contacts": {"name", "phones", "emails", "note"}}


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class State:
    """Thread-safe. Lists go by the number in the id, so that a token keeps its place whatever changes."""

    def __init__(self, clock: Clock, user_count: int) -> None:
        self.lock, self._clock, self._user_count = threading.RLock(), clock, user_count
        self.clear()

    def clear(self) -> None:
        with self.lock:
            self._numbers = itertools.count(1)
            self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in COLLECTIONS}
            self.users = [
                {"id": f"u{n}", "name": f"User {n}", "email": f"u{n}@example.com", "active": True}
                for n in range(1, self._user_count + 1)
            ]
            self.hooks: dict[str, dict[str, Any]] = {}
            self._made: dict[str, str] = {}

    def add(self, collection: str, values: dict[str, Any], at: datetime | None = None, key: str = "") -> Any:
        """A new object; the same one again where the key is known."""
        with self.lock:
            if key in self._made:
                return self.rows[collection][self._made[key]]
            number = f"{collection[0]}{next(self._numbers)}"
            row = {**values, "id": number, "updated_at": stamp(at or self._clock.now())}
            self.rows[collection][number] = row
            if key:
                self._made[key] = number
            return row

    def change(self, collection: str, number: str, values: dict[str, Any], at: datetime | None = None) -> Any:
        with self.lock:
            row = self.rows[collection].get(number)
            if row is not None:
                row |= {**values, "id": number, "updated_at": stamp(at or self._clock.now())}
            return row

    def remove(self, collection: str, number: str) -> bool:
        with self.lock:
            return self.rows[collection].pop(number, None) is not None

    def listed(self, collection: str, since: str = "") -> list[dict[str, Any]]:
        with self.lock:
            rows = (
                self.users if collection == "users" else [dict(row) for row in self.rows[collection].values()]
            )
        return [row for row in rows if not since or str(row.get("updated_at")) >= since]
