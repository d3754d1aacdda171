"""Channel records (CEL): written as things happen, so they tell when a call ended that nobody saw to its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LAST: Final = "LINKEDID_END"


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """One row. `happened_at` is None where its time cannot be read."""

    key: str
    at: datetime
    channel: str
    linked: str
    event: str
    happened_at: datetime | None

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.happened_at or self.at, self.event, self.key


def end_of(rows: Iterable[ChannelRecord]) -> datetime | None:
    """When the last channel of the call was gone."""
    return max((row.happened_at for row in rows if row.event == LAST and row.happened_at), default=None)
