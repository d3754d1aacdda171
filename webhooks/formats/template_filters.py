"""What a template can do to a value: a fixed set of filters, none of which makes more than a body may hold."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import jinja2
import orjson
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from jinja2.runtime import Context

from webhooks.formats.occasion import RenderFailed

LARGEST_OUTPUT: Final = 256 * 1024


class Raw(str):
    """Output that is written for its place already."""

    __slots__ = ()


def as_text(value: Any) -> str:
    if value is None or isinstance(value, jinja2.Undefined):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list | tuple):
        return orjson.dumps(value).decode()
    return str(value)


def _upper(value: Any) -> str:
    return as_text(value).upper()


def _lower(value: Any) -> str:
    return as_text(value).lower()


def _trim(value: Any) -> str:
    return as_text(value).strip()


def _truncate(value: Any, length: int = 100) -> str:
    text = as_text(value)
    return text if len(text) <= length else text[: max(int(length) - 1, 0)] + "…"


def _join(value: Any, separator: str = ", ") -> str:
    texts = [as_text(one) for one in value] if isinstance(value, list | tuple) else [as_text(value)]
    if sum(map(len, texts)) + len(texts) * len(separator) > LARGEST_OUTPUT:
        raise RenderFailed(_("The body becomes larger than 256 KB."))
    return str(separator).join(texts)


def _default(value: Any, fallback: Any = "") -> Any:
    return fallback if isinstance(value, jinja2.Undefined) or value in (None, "") else value


def _json(value: Any) -> Raw:
    return Raw(orjson.dumps(None if isinstance(value, jinja2.Undefined) else value).decode())


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) and value else jinja2.Undefined()


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, list | tuple) and value else jinja2.Undefined()


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple | Mapping | str) else 0


def _round(value: Any, digits: int = 0) -> Any:
    rounded = round(float(as_text(value)), max(min(int(digits), 10), 0))
    return rounded if digits else int(rounded)


@jinja2.pass_context
def _date(context: Context, value: Any, shape: str = "SHORT_DATETIME_FORMAT") -> str:
    """A moment in the company's zone and language, in a form of Django's `date`."""
    moment = parse_datetime(as_text(value))
    if moment is None or moment.tzinfo is None:
        return as_text(value)
    return date_format(moment.astimezone(context["_zone"]), str(shape)[:50])


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "upper": _upper,
    "lower": _lower,
    "trim": _trim,
    "truncate": _truncate,
    "join": _join,
    "default": _default,
    "json": _json,
    "items": _items,
    "first": _first,
    "last": _last,
    "length": _length,
    "round": _round,
    "date": _date,
}
