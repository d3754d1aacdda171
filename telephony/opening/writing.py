"""Opening hours as people write them: `09:00-13:00, 14:00-18:00`, `mon-fri`, `2026-12-31 09:00-15:00`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from telephony.opening.schedule import DAY_MINUTES, DAYS, Exceptional, Hours

_RANGE: Final = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})\Z")
_DATE: Final = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})(?:\s+(.*))?\Z")
MOST_RANGES: Final = 10
MOST_EXCEPTIONS: Final = 400
LEAP_YEAR: Final = 2024


def parse_day(text: str) -> tuple[Hours, ...]:
    """One day's hours, in order; empty text is a day without any. ValidationError in words."""
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if len(parts) > MOST_RANGES:
        raise ValidationError(_("At most ten times in a day."))
    found = sorted((_hours(part) for part in parts), key=lambda one: one.begin)
    for one, following in pairwise(found):
        if one.begin + one.length > following.begin:
            raise ValidationError(_("These times overlap: %(text)s"), params={"text": text})
    return tuple(found)


def parse_weekly(weekly: Mapping[str, str]) -> dict[str, tuple[Hours, ...]]:
    """By day, from keys such as `mon` and `mon-fri`. What is named last wins."""
    found: dict[str, tuple[Hours, ...]] = {}
    for key, text in weekly.items():
        found.update(dict.fromkeys(_days(str(key)), parse_day(str(text))))
    return found


def parse_exceptions(lines: Iterable[str]) -> tuple[Exceptional, ...]:
    """One a line: a date, of one year or of every year, and the hours of that day; without hours it is closed."""
    rows = [line.strip() for line in lines if line.strip()]
    if len(rows) > MOST_EXCEPTIONS:
        raise ValidationError(_("At most %(most)s days.") % {"most": MOST_EXCEPTIONS})
    return tuple(_exceptional(row) for row in rows)


def written(hours: Iterable[Hours]) -> str:
    """The same hours as `parse_day` reads them."""
    return ", ".join(f"{_clock(one.begin)}-{_clock(one.end)}" for one in hours)


def _hours(text: str) -> Hours:
    matched = _RANGE.match(text)
    if matched is None:
        raise ValidationError(_("“%(text)s” is not a time such as 09:00-18:00."), params={"text": text})
    first, second, third, fourth = map(int, matched.groups())
    begin, end = first * 60 + second, third * 60 + fourth
    if begin >= DAY_MINUTES or end > DAY_MINUTES or second > 59 or fourth > 59:
        raise ValidationError(_("“%(text)s” is not a time such as 09:00-18:00."), params={"text": text})
    return Hours(begin, end)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _days(key: str) -> tuple[str, ...]:
    first, _dash, last = key.strip().lower().partition("-")
    last = last or first
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise ValidationError(_("“%(text)s” is not a day: mon, tue, … or mon-fri."), params={"text": key})
    return DAYS[DAYS.index(first) : DAYS.index(last) + 1]


def _exceptional(row: str) -> Exceptional:
    matched = _DATE.match(row)
    try:
        if matched is None:
            raise ValueError(row)
        year, month, day, hours = matched.groups()
        date(int(year or LEAP_YEAR), int(month), int(day))
    except ValueError as error:
        text = _("“%(text)s” is not a day such as 2026-01-01, or 01-01 for every year.")
        raise ValidationError(text, params={"text": row}) from error
    return Exceptional(int(month), int(day), int(year) if year else None, parse_day(hours or ""))
