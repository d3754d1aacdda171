"""A range of dates, times or numbers: `{"from": …, "to": …}`, either side may be missing.

A date stands for the whole day in the tenant's zone, on both sides. A time is exact: from it on, and before `to`. Numbers include both ends.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from unfold.utils import parse_date_str, parse_datetime_str

from exports.filters.base import Filter, FilterError, FromList, ListParams
from exports.kinds import Kind, kind_of

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
            for spelling in spellings:
                texts = [params[name][0] for name in spelling if params.get(name)]
                if len(texts) < len(spelling):
                    continue
                end = texts[0] if "__" in spelling[0] else _picked(texts)
                if end is None:
                    return None
                value[side] = end
                names.update(spelling)
        return FromList(value, frozenset(names)) if value else None


def _list_spellings(field: str, kind: Kind) -> dict[str, tuple[tuple[str, ...], ...]]:
    """How Django's and unfold's list filters name the ends of a range (unfold splits a time in two)."""
    before = f"{field}__lt" if kind == Kind.DATETIME else f"{field}__lte"
    return {
        "from": ((f"{field}__gte",), (f"{field}_from",), (f"{field}_from_0", f"{field}_from_1")),
        "to": ((before,), (f"{field}_to",), (f"{field}_to_0", f"{field}_to_1")),
    }


def _picked(texts: list[str]) -> str | None:
    """What unfold's pickers send, in the format of the person's language; like the list, the first second of a date."""
    moment = parse_datetime_str(" ".join(texts)) if len(texts) > 1 else parse_date_str(texts[0])
    if moment is None:
        return None
    return (
        moment.isoformat() if isinstance(moment, datetime) else datetime.combine(moment, time.min).isoformat()
    )
