"""How PHP writes and reads nested values: `fields[fm][0][value]=…`. Bitrix24 speaks it in forms, queries and batches."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)$")
DEEPEST = 10


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The pairs as PHP would see them; all values are text. A name that PHP would not take apart stays as it is."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.match(name)
        steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else [name]
        _put(found, steps[:DEEPEST], value)
    return {name: _listed(value) for name, value in found.items()}


def parsed(query: str) -> dict[str, Any]:
    return nested(parse_qsl(query, keep_blank_values=True, errors="replace"))


def pairs(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The other way round, as PHP's http_build_query does."""
    if isinstance(value, Mapping):
        items: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return [] if value is None else [(name, str(int(value)) if isinstance(value, bool) else str(value))]
    return [pair for key, inner in items for pair in pairs(inner, f"{name}[{key}]" if name else str(key))]


def php_array(value: Mapping[str, Any]) -> Any:
    """An empty array is `[]` in JSON, whatever it was meant to be."""
    return dict(value) or []


def _put(target: dict[str, Any], steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        inner = target.setdefault(step or str(len(target)), {})
        if not isinstance(inner, dict):
            return
        target = inner
    target[steps[-1] or str(len(target))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if list(inner) == [str(number) for number in range(len(inner))] else inner
