"""What expressions calculate with: six types, and how a dataset's values become them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow
from enum import StrEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exports.documents import shown
from exports.kinds import Kind
from exports.times import in_zone

Convert: TypeAlias = Callable[[Any], Any]

# As long as a cell of a sheet can be.
LONGEST_TEXT: Final = 32_767
# Wide enough for the product of any two stored numbers; beyond 40 digits there is no result.
CONTEXT: Final = Context(
    prec=40, rounding=ROUND_HALF_UP, Emin=-40, Emax=40, traps=[InvalidOperation, Overflow]
)
# A quotient without end is as long as sheets take numbers to be.
QUOTIENT_DIGITS: Final = 15


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DATE = "date"
    NOTHING = "nothing"


TITLES: Final[dict[Type, Promise]] = {
    Type.TEXT: _("a text"),
    Type.NUMBER: _("a number"),
    Type.BOOLEAN: _("yes or no"),
    Type.MOMENT: _("a time"),
    Type.DATE: _("a date"),
    Type.NOTHING: _("nothing"),
}
_TYPES: Final = {
    Kind.INTEGER: Type.NUMBER,
    Kind.DECIMAL: Type.NUMBER,
    Kind.DURATION: Type.NUMBER,
    Kind.BOOLEAN: Type.BOOLEAN,
    Kind.DATETIME: Type.MOMENT,
    Kind.DATE: Type.DATE,
}
_KINDS: Final = {
    Type.NUMBER: Kind.DECIMAL,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.MOMENT: Kind.DATETIME,
    Type.DATE: Kind.DATE,
}


def type_of(kind: Kind) -> Type:
    """Durations are numbers of seconds; what is nothing of the others is a text."""
    return _TYPES.get(kind, Type.TEXT)


def kind_of_result(found: Type) -> Kind:
    return _KINDS.get(found, Kind.TEXT)


def converter(kind: Kind, zone: ZoneInfo) -> Convert:
    """From what the database has; None stays None."""
    by_type: dict[Type, Convert] = {
        Type.NUMBER: number,
        Type.BOOLEAN: bool,
        Type.MOMENT: lambda value: in_zone(value, zone),
        Type.DATE: _date,
        Type.TEXT: shown if kind == Kind.JSON else str,
    }
    convert = by_type[type_of(kind)]
    return lambda value: None if value is None else convert(value)


def _date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def number(value: Any) -> Decimal | None:
    """Exact; None for what is none."""
    if isinstance(value, timedelta):
        return Decimal(value // timedelta(microseconds=1)).scaleb(-6).normalize(CONTEXT) + 0
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) <= CONTEXT.Emax else None


def plain(value: Decimal) -> Decimal:
    """Without an exponent above zero and without a sign of nought: as databases write it."""
    if not value:
        value = abs(value)
    exponent = value.as_tuple().exponent
    return (
        value.quantize(Decimal(1), context=CONTEXT) if isinstance(exponent, int) and exponent > 0 else value
    )


def as_text(found: Type, yes: str, no: str) -> Convert:
    """How a value stands in a text; nothing is the empty one."""
    convert: dict[Type, Convert] = {
        Type.NUMBER: lambda value: format(plain(value), "f"),
        Type.BOOLEAN: lambda value: yes if value else no,
        Type.MOMENT: lambda value: f"{value:%Y-%m-%d %H:%M:%S}",
        Type.DATE: lambda value: value.isoformat(),
    }
    change = convert.get(found, str)
    return lambda value: "" if value is None else change(value)


def quotient(left: Decimal, right: Decimal) -> Decimal | None:
    """Exact where it ends, else to fifteen digits and at least two places; None for a division by zero."""
    if not right:
        return None
    found = CONTEXT.divide(left, right)
    if CONTEXT.multiply(found, right) == left and len(found.as_tuple().digits) < CONTEXT.prec:
        return found
    places = max(2, QUOTIENT_DIGITS - 1 - found.adjusted())
    return found.quantize(Decimal(1).scaleb(-places), context=CONTEXT) if places < CONTEXT.prec else found


def rounded(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Half up, away from zero, as people do."""
    return value.quantize(Decimal(1).scaleb(-int(places)), context=CONTEXT)
