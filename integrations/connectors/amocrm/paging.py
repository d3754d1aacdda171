"""Where reading goes on. Pages by number alone would lose objects that move while they are turned.

Rows come in the order of their last change. So the next page begins at the last moment of this one, and what was read
of that moment is left out. Only where two seconds fill more than a page are pages counted: there a change in between
can hide an object until the next full run, which amoCRM gives no means to avoid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """`since` is the moment of change to begin at, None for the very beginning; `seen` maps ids to moments."""

    since: int | None = None
    page: int = 1
    seen: Mapping[str, int] = field(default_factory=dict)

    def query(self) -> tuple[tuple[str, str], ...]:
        found = (("order[updated_at]", "asc"), ("page", str(self.page)))
        return found if self.since is None else (*found, ("filter[updated_at][from]", str(self.since)))

    def is_new(self, row: Row) -> bool:
        """Whether it was not read already, or was changed since."""
        return (
            self.seen.get(str(row.get("id"))) != row.get("updated_at") or str(row.get("id")) not in self.seen
        )


def start(position: Mapping[str, Any] | None, changed_since: datetime | None) -> Place:
    """From what was stored, else from the moment that a run is to begin at."""
    if position is not None:
        return Place(position["from"], position["page"], position["seen"])
    # A second earlier: whether a range holds its own beginning is not documented.
    return Place(None if changed_since is None else int(changed_since.timestamp()) - 1)


def following(place: Place, rows: Sequence[Row], *, has_more: bool) -> dict[str, Any] | None:
    """The position behind this page, as it is stored; None behind the last one."""
    if not has_more or not rows:
        return None
    times = [row["updated_at"] for row in rows if type(row.get("updated_at")) is int]
    since = times[-1] - 1 if times and times == sorted(times) else None
    if since is None or (place.since is not None and since <= place.since):
        return {"from": place.since, "page": place.page + 1, "seen": dict(place.seen)}
    recent = [row for row in rows if type(row.get("updated_at")) is int and row["updated_at"] >= since]
    return {"from": since, "page": 1, "seen": {str(row.get("id")): row["updated_at"] for row in recent}}
