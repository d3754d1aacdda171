"""Single values of JSON: their text, their number, whether there is anything at all. Nothing here raises but `NotConvertible`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Text
from integrations.records import Json, Money
from tenants.storable import storable_text

LONGEST_TEXT = 20_000
# What any of our tables keeps: eighteen digits before the point.
MOST_DIGITS = 18
SMALLEST_PLACE = -12
# What every reader of JSON takes without losing a digit.
EXACT_DIGITS = 15


class NotConvertible(ValueError):
    """A value that cannot become what it should; the text is for people."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Context:
    """What a conversion may know besides the value: the company's zone and country, and the object's other fields."""

    zone: tzinfo = UTC
    region: str = ""
    raw: Json = field(default_factory=dict)


def is_empty(value: object) -> bool:
    """Whether a field has no value: absent, null, blank or without items. Zero and "no" are values."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | Mapping) and not value)


def as_text(value: object) -> str:
    """A text for any single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise NotConvertible(_("This text is too long."))
        return storable_text(value)
    if isinstance(value, int | float | Decimal):
        return format(as_decimal(value), "f")
    if isinstance(value, Money):
        return as_text(value.amount)
    if isinstance(value, list | tuple) and len(value) == 1 and not isinstance(value[0], list | tuple):
        return as_text(value[0])
    raise NotConvertible(_("A list or an object is no text: choose one of its fields."))


def as_decimal(value: object) -> Decimal:
    """An exact number; texts only in the plain form `-1234.5`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise NotConvertible(_("This must be a number."))
    if isinstance(value, float) and not math.isfinite(value):
        raise NotConvertible(_("This must be a number."))
    try:
        found = value if isinstance(value, Decimal) else Decimal(_plain_number(value))
    except (InvalidOperation, ValueError) as error:
        raise NotConvertible(_("This must be a number.")) from error
    return _bounded(found)


def _plain_number(value: int | float | str) -> str:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        if abs(value) >= 10**MOST_DIGITS:
            raise NotConvertible(_("This number is too large."))
        return str(value)
    text = value.strip()
    # Decimal takes "1_000", Arabic digits and "Infinity" too, which are typing errors here.
    if not text or len(text) > 60 or not all(char in "0123456789.+-eE" for char in text):
        raise ValueError(text)
    return text


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise NotConvertible(_("This must be a number."))
    if not number:
        return Decimal(0)
    exponent = number.as_tuple().exponent
    if number.adjusted() >= MOST_DIGITS:
        raise NotConvertible(_("This number is too large."))
    if isinstance(exponent, int) and exponent < SMALLEST_PLACE:
        # Sums of floating point numbers: 0.30000000000000004.
        number = number.quantize(Decimal(1).scaleb(SMALLEST_PLACE)).normalize()
    return number or Decimal(0)


def as_number(number: Decimal) -> int | float | str:
    """A number of JSON that reads back as the same decimal; a text where none does."""
    if number == number.to_integral_value() and number.adjusted() < EXACT_DIGITS:
        return int(number)
    return float(number) if len(number.as_tuple().digits) <= EXACT_DIGITS else format(number, "f")
