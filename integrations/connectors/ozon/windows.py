"""Which postings a run asks for: one window of time after the other, first FBS, then FBO.

Ozon takes periods of a year at most. FBS postings can be asked for by the time when their status changed last; FBO ones
cannot, so an incremental run reads those of the last weeks again. Last it looks at the returns that changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LONGEST = timedelta(days=360)
FBS, FBO, RETURNS = "fbs", "fbo", "returns"


@dataclass(frozen=True, slots=True)
class Window:
    """Postings of one scheme from `since` to `to`; `changed_since` narrows them down."""

    scheme: str
    since: datetime
    to: datetime
    changed_since: datetime | None = None

    def filter(self) -> dict[str, Any]:
        """As Ozon wants it."""
        found: dict[str, Any] = {"since": stamp(self.since), "to": stamp(self.to)}
        if self.changed_since is not None:
            found["last_changed_status_date"] = {"from": stamp(self.changed_since), "to": stamp(self.to)}
        return found


def windows(end: datetime, changed_since: datetime | None, history_days: int, fbo_days: int) -> list[Window]:
    """All windows of a run that began at `end`."""
    if changed_since is None:
        begin = end - timedelta(days=history_days)
        return [Window(scheme, since, to) for scheme in (FBS, FBO) for since, to in _periods(begin, end)]
    # An old posting may change today; the year before it is the most that can be asked for.
    fbs = Window(FBS, end - LONGEST, end, changed_since)
    begin = min(end - timedelta(days=fbo_days), changed_since)
    returns = Window(RETURNS, end - LONGEST, end, changed_since)
    return [fbs, *(Window(FBO, since, to) for since, to in _periods(begin, end)), returns]


def _periods(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        to = min(begin + LONGEST, end)
        yield begin, to
        begin = to


def stamp(moment: datetime) -> str:
    """RFC 3339 as in Ozon's examples."""
    return moment.isoformat().replace("+00:00", "Z")
