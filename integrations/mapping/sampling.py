"""The fields of a system that does not describe them, read off a few of its objects."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrations.capabilities import FieldDescription, ValueType
from integrations.records import Json

DEEPEST = 5
MOST_FIELDS = 500


def describe_samples(samples: Iterable[Json]) -> tuple[FieldDescription, ...]:
    """Every path that one of the objects has, in the order of first appearance; lists by their first item."""
    found: dict[str, ValueType] = {}
    for sample in samples:
        for path, type_ in _walk(sample, "", 0):
            if len(found) >= MOST_FIELDS:
                break
            # An empty field of one object may have a value in the next.
            if found.get(path, ValueType.TEXT) is ValueType.TEXT:
                found[path] = type_
    return tuple(FieldDescription(name=path, title=path, type=type_) for path, type_ in found.items())


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, ValueType]]:
    if isinstance(value, Mapping) and depth < DEEPEST:
        if path:
            yield path, _type(value)
        for name, inner in value.items():
            if "." in name and not path:
                yield name, _type(inner)  # found by its whole name, and nothing inside it
            elif name and "." not in name:
                yield from _walk(inner, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list) and path:
        yield path, ValueType.LIST
        if value and isinstance(value[0], Mapping | list):
            yield from _walk(value[0], f"{path}.0", depth + 1)
    elif path:
        yield path, _type(value)


def _type(value: Any) -> ValueType:
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, Mapping | list):
        return ValueType.OBJECT if isinstance(value, Mapping) else ValueType.LIST
    return ValueType.NUMBER if isinstance(value, int | float) else ValueType.TEXT
