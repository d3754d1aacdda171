"""Hours in which no calls are made: `22:00-07:00`, or on some days `sat,sun 00:00-24:00`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT: Final = re.compile(r"(?:(?P<days>[a-z]{3}(?:,[a-z]{3})*) )?(?P<since>\d\d:\d\d)-(?P<until>\d\d:\d\d)")
MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the day; `until` before `since` goes over midnight and belongs to the day on which it begins."""

    days: frozenset[int]
    since: int
    until: int

    def holds(self, weekday: int, minute: int) -> bool:
        if self.since < self.until:
            return weekday in self.days and self.since <= minute < self.until
        began_today = weekday in self.days and minute >= self.since
        return began_today or ((weekday - 1) % 7 in self.days and minute < self.until)


def parse(text: str) -> Hours:
    """ValueError for anything else than one interval."""
    found = _TEXT.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(text)
    days = found["days"].split(",") if found["days"] else DAYS
    return Hours(frozenset(DAYS.index(day) for day in days), _minute(found["since"]), _minute(found["until"]))


def _minute(text: str) -> int:
    hour, minute = int(text[:2]), int(text[3:])
    if minute > 59 or hour * 60 + minute > MINUTES:
        raise ValueError(text)
    return hour * 60 + minute


def is_within(intervals: Iterable[str], local: datetime) -> bool:
    """Whether a moment of the company's own time falls into one of them."""
    minute = local.hour * 60 + local.minute
    return any(parse(text).holds(local.weekday(), minute) for text in intervals)


def check_hours(value: Any) -> None:
    """ValidationError unless it is a list of intervals."""
    try:
        fine = isinstance(value, list) and all(isinstance(one, str) and parse(one) for one in value)
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError(_("Such as 22:00-07:00, or sat,sun 00:00-24:00; one in each line."))
