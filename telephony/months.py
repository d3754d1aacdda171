"""Whole months among days; a month goes by its first day."""

from collections.abc import Iterable
from datetime import date, timedelta


def following(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def months(since: date, until: date) -> Iterable[date]:
    """The months that lie between these days altogether, both days included."""
    month = since if since.day == 1 else following(since)
    while (after := following(month)) <= until + timedelta(days=1):
        yield month
        month = after
