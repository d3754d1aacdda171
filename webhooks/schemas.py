"""JSON Schema for the data of events: which keywords a company may use for types of its own, and what data lacks.

A company's schema is run by us on every event that it publishes, so it has the keywords that take a bounded time: no
references, which may lead elsewhere or in circles, and no regular expressions, which may take for ever.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError

LARGEST_SCHEMA: Final = 32 * 1024
MOST_PARTS: Final = 300
DEEPEST: Final = 12
MOST_PROBLEMS: Final = 20
_TEXTS: Final = frozenset({"title", "description", "$comment", "$schema"})
_PLAIN: Final = frozenset(
    {"type", "enum", "const", "required", "format", "default", "examples", "deprecated", "readOnly"}
    | {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minItems", "maxItems", "minProperties", "maxProperties"}
)
_ONE: Final = frozenset({"items", "additionalProperties", "not", "contains"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_ZONED: Final = re.compile(r"(Z|[+-]\d\d:\d\d)\Z", re.IGNORECASE)


class Problem(NamedTuple):
    """`path` is dotted, with [n] for rows of lists; empty for the whole."""

    path: str
    message: str


formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or (
        bool(_ZONED.search(value)) and bool(datetime.fromisoformat(value.replace("z", "Z")))
    )


@formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or (
        len(value) == len("2026-01-01") and bool(datetime.strptime(value, "%Y-%m-%d"))  # noqa: DTZ007 a day has no zone
    )


@formats.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == len(str(UUID(int=0))) and bool(UUID(value)))


def schema_problems(schema: object) -> list[Problem]:
    """Why a company's own schema cannot be used; empty when it can."""
    if not isinstance(schema, Mapping):
        return [Problem("", _("A schema is a JSON object."))]
    if len(orjson.dumps(schema)) > LARGEST_SCHEMA:
        return [Problem("", _("The schema is too large; 32 KB are the limit."))]
    found = list(_strange(schema, "", 0))
    if found:
        return found[:MOST_PROBLEMS]
    if sum(1 for _part in _parts(schema)) > MOST_PARTS:
        return [Problem("", _("The schema has too many parts."))]
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        return [Problem(_dotted(error.absolute_path), _("This is not valid JSON Schema."))]
    if schema.get("type", "object") != "object":
        return [Problem("type", _("The data of an event is an object."))]
    return []


def _parts(schema: Any) -> Iterator[Any]:
    yield schema
    if isinstance(schema, Mapping):
        for _name, inner in _inner(schema):
            yield from _parts(inner)


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas inside a schema, with the path to each."""
    for name, value in schema.items():
        if name == "properties" and isinstance(value, Mapping):
            yield from ((f"properties.{field}", inner) for field, inner in value.items())
        elif name in _ONE:
            yield name, value
        elif name in _LISTS and isinstance(value, list):
            yield from ((f"{name}[{index}]", inner) for index, inner in enumerate(value))


def _strange(schema: Any, path: str, depth: int) -> Iterator[Problem]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield Problem(path, _("A schema is a JSON object."))
        return
    if depth > DEEPEST:
        yield Problem(path, _("The schema is nested too deeply."))
        return
    known = _TEXTS | _PLAIN | _ONE | _LISTS | {"properties"}
    for name in schema:
        if name not in known:
            yield Problem(_joined(path, str(name)[:50]), _("This keyword cannot be used here."))
    for name, inner in _inner(schema):
        yield from _strange(inner, _joined(path, name), depth + 1)


def data_problems(schema: Mapping[str, Any], data: Mapping[str, Any]) -> list[Problem]:
    """What data lacks by its type's schema, at most twenty of it."""
    found: dict[Problem, None] = {}
    for error in _validator(orjson.dumps(schema)).iter_errors(data):
        found |= dict.fromkeys(_told(error))
        if len(found) >= MOST_PROBLEMS:
            break
    return list(found)[:MOST_PROBLEMS]


@lru_cache(maxsize=1000)
def _validator(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator(orjson.loads(schema), format_checker=formats)


def _told(error: ValidationError) -> list[Problem]:
    path = _dotted(error.absolute_path)
    rule, limit = str(error.validator), error.validator_value
    if rule == "required" and isinstance(error.instance, Mapping):
        missing = [name for name in limit if name not in error.instance]
        return [Problem(_joined(path, name), _("This field is required.")) for name in missing]
    return [Problem(path, _words(rule, limit))]


def _words(rule: str, limit: Any) -> str:
    shown = _shown(limit)
    match rule:
        case "type":
            return _("This must be of the type %(limit)s.") % {"limit": shown}
        case "enum" | "const":
            return _("This must be one of: %(limit)s.") % {"limit": shown}
        case "format":
            return _("This is not of the form %(limit)s.") % {"limit": shown}
        case "minimum" | "exclusiveMinimum":
            return _("This is too small; the limit is %(limit)s.") % {"limit": shown}
        case "maximum" | "exclusiveMaximum":
            return _("This is too large; the limit is %(limit)s.") % {"limit": shown}
        case "minLength" | "minItems" | "minProperties":
            return _("This is too short; the limit is %(limit)s.") % {"limit": shown}
        case "maxLength" | "maxItems" | "maxProperties":
            return _("This is too long; the limit is %(limit)s.") % {"limit": shown}
        case "additionalProperties":
            return _("There is a field that the schema does not know.")
        case _:
            return _("This contradicts the schema's rule “%(rule)s”.") % {"rule": rule}


def _shown(limit: Any) -> str:
    values = limit if isinstance(limit, list) else [limit]
    return ", ".join(str(value) for value in values[:20])[:200]


def _dotted(parts: Any) -> str:
    path = ""
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else _joined(path, str(part))
    return path


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
