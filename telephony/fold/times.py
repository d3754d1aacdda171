"""How long a call was waited for and talked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from telephony.fold.state import Talk


def talk_seconds(talks: Iterable[Talk], ended_at: datetime | None) -> int | None:
    """Whole seconds in which at least one of us talked; None while somebody does."""
    found = sorted(talks, key=lambda talk: talk.since)
    if found and ended_at is None:
        return None
    total = timedelta()
    reached: datetime | None = None
    for talk in found:
        since = talk.since if reached is None else max(talk.since, reached)
        reached = max(since, talk.until or talk.since)
        total += reached - since
    return round(total.total_seconds())


def wait_seconds(started_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> int:
    """Whole seconds from the beginning to the answer, else to the end."""
    until = answered_at or ended_at
    return max(0, round((until - started_at).total_seconds())) if until else 0
