"""Reads YAML and remembers where every value stood, so that an error can name its line."""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_VALUES = 50_000
MAX_DEPTH = 40
TOO_DEEP = "the file is nested too deeply"
TAG = "tag:yaml.org,2002:"
TAGS = {
    f"{TAG}{kind}"
    for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,15})\.[0-9]{1,15}\Z")


class ConfigurationError(Exception):
    """Something in the file is wrong; the text begins with where."""

    def __init__(self, place: Place | None, message: object) -> None:
        super().__init__(f"{place}: {message}" if place else str(message))


class Place:
    """A spot in the file, such as `line 12, tenants[0].endpoints[1].url`."""

    def __init__(self, line: int, path: str) -> None:
        self.line, self.path = line, path

    def __str__(self) -> str:
        return f"line {self.line}, {self.path}" if self.path else f"line {self.line}"


class Block(dict[str, Any]):
    """A mapping of the file, with the place of itself and of each key."""

    place: Place
    places: dict[str, Place]

    def at(self, key: str) -> Place:
        return self.places.get(key, self.place)


class Items(list[Any]):
    """A list of the file, with the place of each item."""

    place: Place
    places: list[Place]


class Number(int):
    """A whole number that remembers how it was written."""

    source: str

    @classmethod
    def of(cls, source: str) -> Number:
        number = cls(source)
        number.source = source
        return number


class Fraction(float):
    """A decimal number that remembers how it was written: 1.10 is not 1.1 when a text was meant."""

    source: str

    @classmethod
    def of(cls, source: str) -> Fraction:
        number = cls(source)
        number.source = source
        return number


def read(text: str) -> Block:
    """The file's top mapping."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(Place(line, ""), error.problem or "not valid YAML") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(None, f"not valid YAML: {error}") from error
    except RecursionError as error:
        raise ConfigurationError(None, TOO_DEEP) from error
    built = _Builder().build(node, "", 0) if node is not None else None
    if not isinstance(built, Block):
        raise ConfigurationError(Place(1, ""), "the file must be a mapping that begins with `tenants:`")
    return built


class _Builder:
    """Makes values of nodes. YAML's own constructor is not used: it reads 0367 as octal, `12:30` as 750, and obeys tags."""

    def __init__(self) -> None:
        self._count = 0

    def build(self, node: yaml.Node, path: str, depth: int) -> Any:
        place = Place(node.start_mark.line + 1, path)
        self._count += 1
        if self._count > MAX_VALUES:  # a few lines of aliases can stand for billions of values
            raise ConfigurationError(place, f"the file holds more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:  # also an alias that contains itself
            raise ConfigurationError(place, TOO_DEEP)
        if node.tag not in TAGS:
            raise ConfigurationError(place, f"the tag {node.tag} is not supported")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            return self._items(node, place, depth)
        return _scalar(node, place)  # type: ignore[arg-type]  # YAML has three kinds of nodes

    def _items(self, node: yaml.SequenceNode, place: Place, depth: int) -> Items:
        paths = [f"{place.path}[{index}]" for index in range(len(node.value))]
        items = Items(
            self.build(child, path, depth + 1) for child, path in zip(node.value, paths, strict=True)
        )
        items.place = place
        items.places = [
            Place(child.start_mark.line + 1, path) for child, path in zip(node.value, paths, strict=True)
        ]
        return items

    def _mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> Block:
        block = Block()
        block.place, block.places = place, {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigurationError(Place(line, place.path), "a key must be a text")
            # Keys are names and numbers of the outside world ("0367", 19): always text.
            key = str(key_node.value)
            path = f"{place.path}.{key}" if place.path else key
            where = Place(line, path)
            if key in block:
                raise ConfigurationError(where, f"the key “{key}” is there twice")
            block[key] = self.build(value_node, path, depth + 1)
            block.places[key] = where
        return block


def _scalar(node: yaml.ScalarNode, place: Place) -> Any:
    """Booleans, null and plainly written numbers; everything else is the text as it stands there."""
    kind, text = node.tag.removeprefix(TAG), node.value
    if kind == "null":
        return None
    if kind == "bool":
        if text.lower() not in yaml.SafeLoader.bool_values:
            raise ConfigurationError(place, f"“{text}” is neither true nor false")
        return yaml.SafeLoader.bool_values[text.lower()]
    if kind == "int" and WHOLE.match(text):
        return Number.of(text)
    if kind == "float" and DECIMAL.match(text):
        return Fraction.of(text)
    return text
