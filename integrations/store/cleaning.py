"""What a connector gives -> what every database keeps and compares alike; `Unkeepable` names the field that cannot be."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Final

import orjson
from django.db import models
from django.utils.translation import gettext as _

from integrations.phones import to_e164
from integrations.records import Attachment, OrderLine
from tenants.storable import storable, storable_text

STEP: Final = Decimal("0.0001")
# SQLite keeps numbers as floats: what it rounds up to one digit more than the column has could not be read again.
LARGEST: Final = Decimal(10) ** 15
LARGEST_WHOLE: Final = 2**63 - 1
LONGEST_JSON: Final = 256 * 1024
LONGEST_TEXT: Final = 1024 * 1024
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z")


class Unkeepable(ValueError):
    """One value that cannot be kept; `field` is its name, the text is for people."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(_("The field “%(field)s”: %(text)s") % {"field": field, "text": text})
        self.field = field


def text(name: str, value: object, limit: int | None = None) -> str:
    """Any scalar as text. What is longer than its column is refused, never cut: two ids might become one."""
    found = storable_text(value if type(value) is str else _scalar(name, value))
    most = limit or LONGEST_TEXT
    if len(found) > most:
        raise Unkeepable(name, _("longer than %(count)d characters.") % {"count": most})
    return found


def _scalar(name: str, value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return ""
    if not isinstance(value, str | int | float | Decimal):
        raise Unkeepable(name, _("a text was expected."))
    return str(value)


def number(name: str, value: object) -> Decimal | None:
    """A decimal of four places, so that what was stored compares equal to what came."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
        if not found.is_finite() or abs(found) >= LARGEST:
            raise Unkeepable(name, _("this number is too large."))
        return found.quantize(STEP)
    except InvalidOperation as error:
        raise Unkeepable(name, _("a number was expected.")) from error


def moment(name: str, value: object) -> datetime | None:
    """In UTC; a time without a zone is taken as UTC."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise Unkeepable(name, _("a time was expected."))
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise Unkeepable(name, _("a time was expected.")) from error


def currency(value: str) -> str:
    """An ISO 4217 code, or nothing."""
    found = value.strip().upper()
    return found if _CURRENCY.match(found) else ""


def document(name: str, value: object) -> Any:
    """JSON that every database keeps."""
    try:
        found = orjson.dumps(
            value, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
        )
    except (orjson.JSONEncodeError, TypeError):
        # Lone surrogates and huge numbers, which `storable` replaces.
        try:
            found = orjson.dumps(storable(value), default=_plain, option=orjson.OPT_NON_STR_KEYS)
        except (orjson.JSONEncodeError, TypeError, RecursionError) as error:
            raise Unkeepable(name, _("this is no JSON.")) from error
    if len(found) > LONGEST_JSON:
        raise Unkeepable(name, _("larger than %(count)d bytes.") % {"count": LONGEST_JSON})
    return storable(orjson.loads(found))


def _plain(value: object) -> Any:
    if isinstance(value, Attachment):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal | datetime):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(type(value).__name__)


def phones(values: Iterable[str], region: str) -> list[str]:
    """Each once; in E.164 where it can be read, else as it came."""
    found = [to_e164(text("phones", raw), region) or text("phones", raw).strip() for raw in values]
    return [one for one in dict.fromkeys(found) if one]


def emails(values: Iterable[str]) -> list[str]:
    """Each once, in lower case."""
    found = (text("emails", raw).strip().lower() for raw in values)
    return [one for one in dict.fromkeys(found) if one]


def lines(found: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """Positions as plain values; numbers as text, in the form in which they are compared."""
    return [
        {
            "outside_id": text("lines.outside_id", line.outside_id, 200),
            "name": text("lines.name", line.name),
            "sku": text("lines.sku", line.sku, 200),
            "product_id": text("lines.product_id", line.product_id, 200),
            "quantity": plain_number(number("lines.quantity", line.quantity) or Decimal(0)),
            "price": plain_number(number("lines.price", line.price)),
            "total": plain_number(number("lines.total", line.total)),
        }
        for line in found
    ]


def plain_number(value: Decimal | None) -> str | None:
    """`10.5000` and `10.5` are one number."""
    if value is None:
        return None
    shown = format(value, "f")
    return (shown.rstrip("0").rstrip(".") or "0") if "." in shown else shown


def _flag(name: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Unkeepable(name, _("yes or no was expected."))


def _whole(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_WHOLE:
        raise Unkeepable(name, _("a number was expected."))
    return value


_BY_COLUMN: Final[Mapping[type[Any], Callable[[str, object], Any]]] = {
    models.DecimalField: number,
    models.DateTimeField: moment,
    models.BooleanField: _flag,
    models.BigIntegerField: _whole,
    models.JSONField: document,
}


@cache
def _choices(column: "models.Field[Any, Any]") -> frozenset[str]:
    return frozenset(code for code, _title in column.flatchoices)


def for_column(column: "models.Field[Any, Any]", value: object) -> Any:
    """The value as that column keeps it; an empty one becomes the column's default where it must not be empty."""
    name = column.name
    make = _BY_COLUMN.get(type(column))
    if make is None:
        found = text(name, value, column.max_length)
        if column.choices and found not in _choices(column):
            raise Unkeepable(name, _("this value is not known: %(value)s") % {"value": found[:50]})
        return found
    cleaned = make(name, value)
    return column.get_default() if cleaned is None and not column.null else cleaned
