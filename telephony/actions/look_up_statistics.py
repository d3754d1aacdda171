"""Statistics for whoever asks: what has been counted, while days that never were are counted."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from telephony.actions.tally_calls import want_days, want_months
from telephony.selectors.statistics import Statistics, statistics
from tenants.models import Member

MOST_QUEUED: Final = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """`uncounted` are days up to today of which nothing is in the figures yet: they are being counted."""

    found: Statistics
    uncounted: tuple[date, ...]


def look_up(tenant_id: int, since: date, until: date, today: date, member: Member | None = None) -> Figures:
    """Of the company in scope, both days included, in its own zone; agents get their own extension's."""
    found = statistics(since, until, member)
    uncounted = tuple(day for day in found.missing if day <= today)
    want_months(tenant_id, found.unsummed)
    if uncounted:
        # Nothing is counted twice for being asked for twice: a day is one row of work.
        want_days(tenant_id, uncounted[-MOST_QUEUED:])
    return Figures(found, uncounted)
