"""Nested values as PHP reads them from a query, which is how a batch carries its calls."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode


def encoded(params: Mapping[str, Any]) -> str:
    """`{"fields": {"fm": [{"value": "x"}]}}` as `fields[fm][0][value]=x`; None is an empty value, which clears a field."""
    return urlencode(list(_pairs(params, "")))


def _pairs(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        if not value:
            yield name, ""  # PHP has no other way to say that nothing is left
        for number, inner in enumerate(value):
            yield from _pairs(inner, f"{name}[{number}]")
    elif isinstance(value, bool):
        yield name, "Y" if value else "N"
    else:
        yield name, "" if value is None else str(value)
