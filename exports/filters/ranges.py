"""A range of dates, times or numbers: `{"from": …, "to": …}`, either side may be missing.

A date stands for the whole day in the tenant's zone, on both sides. A time is exact: from it on, and before `to`. Numbers include both ends.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from unfold.utils import parse_date_str

from exports.filters.base import Filter, FilterError, FromList, ListParams
from exports.kinds import Kind, kind_of
from tenants.typed import typed_day, typed_time

SIDES = ("from", "to")
_LARGEST = Decimal(2**63 - 1)


def _bad(raw: Any, expected: str) -> FilterError:
    return FilterError(_("“%(value)s” is not %(expected)s.") % {"value": str(raw)[:50], "expected": expected})


def _date(raw: Any) -> date:
    try:
        parsed = parse_date(raw) if isinstance(raw, str) else None
    except ValueError as error:
        raise _bad(raw, _("a date such as 2026-01-31")) from error
    if parsed is None:
        raise _bad(raw, _("a date such as 2026-01-31"))
    return parsed


def _moment(raw: Any, side: str, zone: ZoneInfo) -> datetime:
    expected = _("a date or time such as 2026-01-31 or 2026-01-31T09:00:00+03:00")
    try:
        day = parse_date(raw) if isinstance(raw, str) else None
        moment = parse_datetime(raw) if day is None and isinstance(raw, str) else None
        if day is not None:
            moment = datetime.combine(day + timedelta(days=1) if side == "to" else day, time.min, zone)
        if moment is None:
            raise _bad(raw, expected)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, FilterError) else _bad(raw, expected) from error


def _number(raw: Any) -> Decimal:
    try:
        number = (
            Decimal(str(raw)) if isinstance(raw, int | float | str) and not isinstance(raw, bool) else None
        )
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > _LARGEST:
        raise _bad(raw, _("a number"))
    return number


def _moments(field: str, side: str, raw: Any, zone: ZoneInfo) -> tuple[Any, Q]:
    value = _moment(raw, side, zone)
    return value, Q(**{f"{field}__{'gte' if side == 'from' else 'lt'}": value})


def _dates(field: str, side: str, raw: Any, zone: ZoneInfo) -> tuple[Any, Q]:
    value = _date(raw)
    return value, Q(**{f"{field}__{'gte' if side == 'from' else 'lte'}": value})


def _numbers(field: str, side: str, raw: Any, zone: ZoneInfo) -> tuple[Any, Q]:
    value = _number(raw)
    return value, Q(**{f"{field}__{'gte' if side == 'from' else 'lte'}": value})


_SIDES: dict[Kind, Callable[[str, str, Any, ZoneInfo], tuple[Any, Q]]] = {
    Kind.DATETIME: _moments,
    Kind.DATE: _dates,
    Kind.INTEGER: _numbers,
    Kind.DECIMAL: _numbers,
}


class RangeFilter(Filter):
    shape = "range"
    kind: Kind

    def bind(self, model: type[models.Model]) -> Self:
        super().bind(model)
        assert self.model_field is not None
        self.kind = kind_of(self.model_field)
        if self.kind not in _SIDES:
            raise TypeError(f"the filter {self.name!r} needs a date, a time or a number, not {self.kind}")
        return self

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        if not isinstance(raw, dict) or not raw or not set(raw) <= set(SIDES):
            raise FilterError(_("Give an object with “from”, “to” or both."))
        ends: dict[str, Any] = {}
        condition = Q()
        for side, value in raw.items():
            ends[side], part = _SIDES[self.kind](self.field, side, value, zone)
            condition &= part
        if len(ends) == len(SIDES) and ends["from"] > ends["to"]:
            raise FilterError(_("“from” is later or larger than “to”."))
        return condition

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "kind": str(self.kind)}

    def from_list(self, params: ListParams) -> FromList | None:
        value: dict[str, str] = {}
        names: set[str] = set()
        for side, spellings in _list_spellings(self.field, self.kind).items():
            for name, read in spellings.items():
                if not params.get(name):
                    continue
                hour = f"{name.removesuffix('_0')}_1" if name.endswith("_0") else ""
                end = read(params[name][0], params.get(hour, ("",))[0])
                if end is None:
                    return None
                value[side] = end
                names |= {name, hour} & set(params)
        return FromList(value, frozenset(names)) if value else None


def _list_spellings(field: str, kind: Kind) -> dict[str, dict[str, Callable[[str, str], str | None]]]:
    """How Django's, unfold's and our own list filters name the ends of a range, and how each is read.

    Ours splits a time in two, of which the second may be missing.
    """
    before = f"{field}__lt" if kind == Kind.DATETIME else f"{field}__lte"
    picked = _picked_day if kind == Kind.DATE else _picked_midnight
    return {
        "from": {f"{field}__gte": _as_given, f"{field}_from": picked, f"{field}_from_0": _typed},
        "to": {before: _as_given, f"{field}_to": picked, f"{field}_to_0": _typed},
    }


def _as_given(text: str, _hour: str) -> str:
    return text


def _picked_day(text: str, _hour: str) -> str | None:
    """What unfold's picker of days sends; None for what the list leaves out as well."""
    day = parse_date_str(text)
    return day.isoformat() if day else None


def _picked_midnight(text: str, _hour: str) -> str | None:
    """Of times unfold takes the first second of that day, on both sides."""
    day = parse_date_str(text)
    return datetime.combine(day, time.min).isoformat() if day else None


def _typed(text: str, hour: str) -> str | None:
    """As the list's own range reads it: in the person's language, a day without a time being a whole one."""
    try:
        day = typed_day(text.strip())
        return (
            datetime.combine(day, typed_time(hour.strip())).isoformat() if hour.strip() else day.isoformat()
        )
    except (ValidationError, ValueError):
        return None
