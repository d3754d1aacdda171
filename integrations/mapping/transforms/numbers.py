"""Transforms of numbers and money."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.fields import Field, FieldType
from integrations.mapping.transforms.base import Transform
from integrations.mapping.values import Context, as_decimal, as_text
from integrations.records import Money

POINT, COMMA = "point", "comma"
_SPACES = str.maketrans("", "", " \t\u00a0\u202f\u2009'’")


def read_number(value: Any, parameters: Mapping[str, Any], context: Context) -> Decimal:
    """`1 234,50` with a comma, `1,234.50` with a point; digits are grouped by spaces, apostrophes or the other sign."""
    if isinstance(value, int | float | Decimal):
        return as_decimal(value)
    text = as_text(value).translate(_SPACES)
    if parameters.get("decimal_sign") == COMMA:
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    return as_decimal(text)


def write_number(value: Any, parameters: Mapping[str, Any], context: Context) -> str:
    text = format(_amount(value), "f")
    return text.replace(".", ",") if parameters.get("decimal_sign") == COMMA else text


def from_minor(value: Any, parameters: Mapping[str, Any], context: Context) -> Decimal:
    return as_decimal(as_decimal(value).scaleb(-int(parameters["digits"])))


def to_minor(value: Any, parameters: Mapping[str, Any], context: Context) -> Decimal:
    """Whole minor units, rounded half up."""
    scaled = _amount(value).scaleb(int(parameters["digits"]))
    return as_decimal(as_decimal(scaled).quantize(Decimal(1), ROUND_HALF_UP))


def _amount(value: Any) -> Decimal:
    return as_decimal(value.amount if isinstance(value, Money) else value)


def _few(value: float) -> float:
    if value not in (0, 1, 2, 3, 4):
        raise ValidationError(_("This must be a whole number from 0 to 4."))
    return value


NUMBERS: tuple[Transform, ...] = (
    Transform(
        code="number",
        title=_("number with comma or point"),
        help=_(
            "Reads numbers as people write them: 1 234,50 or 1,234.50. Outwards it is written so, as text."
        ),
        parameters=(
            Field(
                "decimal_sign",
                _("decimal sign"),
                FieldType.CHOICE,
                default=COMMA,
                choices=((COMMA, _("comma: 1 234,50")), (POINT, _("point: 1,234.50"))),
            ),
        ),
        inward=read_number,
        outward=write_number,
    ),
    Transform(
        code="minor_units",
        title=_("money in kopecks or cents"),
        help=_("12345 there is 123.45 here."),
        parameters=(
            Field("digits", _("digits after the point"), FieldType.NUMBER, default=2, validator=_few),
        ),
        inward=from_minor,
        outward=to_minor,
    ),
)
