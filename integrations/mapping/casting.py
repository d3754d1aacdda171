"""The last step of a mapping: a value becomes what our field holds, or JSON for their side."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.mapping.ours import OurField, OurType
from integrations.mapping.transforms.dates import ISO, read_time, write_time
from integrations.mapping.transforms.phones import read_phones
from integrations.mapping.values import Context, NotConvertible, as_decimal, as_number, as_text, is_empty
from integrations.records import Money, OrderLine
from tenants.storable import storable

DEEPEST = 20
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def cast(field: OurField, value: Any, context: Context) -> Any:
    """The value as that field holds it; NotConvertible when it cannot be that."""
    return _CASTS[field.type](field, value, context)


def _text(field: OurField, value: Any, context: Context) -> str:
    return as_text(plain(value)).strip()


def _texts(field: OurField, value: Any, context: Context) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    texts = [as_text(plain(one)).strip() for one in items if not is_empty(one)]
    return tuple(dict.fromkeys(text for text in texts if text))


def _phones(field: OurField, value: Any, context: Context) -> tuple[str, ...]:
    return tuple(read_phones(value, {}, context))


def _phone(field: OurField, value: Any, context: Context) -> str:
    return next(iter(_phones(field, value, context)), "")


def _decimal(field: OurField, value: Any, context: Context) -> Decimal:
    return as_decimal(value.amount if isinstance(value, Money) else value)


def _whole(field: OurField, value: Any, context: Context) -> int:
    number = as_decimal(value)
    if number != number.to_integral_value():
        raise NotConvertible(_("This must be a whole number."))
    return int(number)


def _money(field: OurField, value: Any, context: Context) -> Money:
    """A number, or an object such as {"amount": "12.50", "currency": "BYN"}."""
    if isinstance(value, Money):
        return value
    if isinstance(value, Mapping):
        currency = value.get("currency")
        code = as_text(currency).strip().upper() if not is_empty(currency) else ""
        return Money(as_decimal(value.get("amount")), code[:3])
    return Money(as_decimal(value))


def _time(field: OurField, value: Any, context: Context) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, bool) or not isinstance(value, str):
        raise NotConvertible(_("A number is no date by itself: choose the transform for dates."))
    return read_time(value, ISO, context.zone)


def _flag(field: OurField, value: Any, context: Context) -> bool:
    if isinstance(value, bool):
        return value
    found = _FLAGS.get(as_text(value).strip().lower())
    if found is None:
        raise NotConvertible(_("This is neither true nor false: choose the transform for yes and no."))
    return found


def _choice(field: OurField, value: Any, context: Context) -> StrEnum:
    text = as_text(plain(value)).strip().lower()
    members = list(field.enum) if field.enum else []
    for one in members:
        if one.value == text:
            return one
    raise NotConvertible(
        _("“%(value)s” is none of ours: translate it by a table. Known are: %(known)s.")
        % {"value": text[:100], "known": ", ".join(one.value for one in members)}
    )


def _lines(field: OurField, value: Any, context: Context) -> tuple[OrderLine, ...]:
    if isinstance(value, tuple) and all(isinstance(one, OrderLine) for one in value):
        return value
    raise NotConvertible(_("Choose the transform for the lines of an order."))


def _any(field: OurField, value: Any, context: Context) -> Any:
    return plain(value)


_CASTS: dict[OurType, Callable[[OurField, Any, Context], Any]] = {
    OurType.TEXT: _text,
    OurType.TEXTS: _texts,
    OurType.PHONES: _phones,
    OurType.PHONE: _phone,
    OurType.DECIMAL: _decimal,
    OurType.WHOLE: _whole,
    OurType.MONEY: _money,
    OurType.TIME: _time,
    OurType.FLAG: _flag,
    OurType.CHOICE: _choice,
    OurType.LINES: _lines,
    OurType.ANY: _any,
}


def plain(value: Any) -> Any:
    """JSON of any value of a record."""
    return storable(_plain(value, 0))


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise NotConvertible(_("This is nested too deeply."))
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    return _SINGLE.get(type(value), _itself)(value)


def _itself(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise NotConvertible(_("This cannot be sent as it is."))


_SINGLE: dict[type, Callable[[Any], Any]] = {
    Decimal: as_number,
    Money: lambda money: as_number(money.amount),
    datetime: lambda moment: write_time(moment, ISO, UTC),
}
