"""Values of either side as people see them on a page: enough to recognise them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from integrations.records import Money, OrderLine
from tenants.storable import storable

SHOWN = 200
MOST_ITEMS = 10


def shown(value: Any) -> str:
    """The beginning of the value; a large one is never written out whole."""
    if isinstance(value, list | tuple):
        more = ", …" if len(value) > MOST_ITEMS else ""
        return (", ".join(shown(one) for one in value[:MOST_ITEMS]) + more)[:SHOWN]
    if isinstance(value, Mapping):
        few = {str(key): _short(inner) for key, inner in list(value.items())[:MOST_ITEMS]}
        return orjson.dumps(storable(few)).decode()[:SHOWN]
    return _single(value)[:SHOWN]


def _single(value: Any) -> str:
    if isinstance(value, Money):
        return f"{value.amount:f} {value.currency}".strip()
    if isinstance(value, OrderLine):
        return f"{value.name} × {value.quantity:f}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, StrEnum):
        return value.value
    return "" if value is None else str(value)


def _short(value: Any) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return "…"
    return value[:SHOWN] if isinstance(value, str) else value
