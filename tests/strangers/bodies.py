"""Bodies that the API would take, made from its own description, naming the rows of somebody else wherever an id may stand."""

import re
from functools import cache
from typing import Any

from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from tests.strangers.belongings import Belongings
from tests.strangers.routes import Route, model_named

BY_FORMAT = {"uri": "https://example.com/", "email": "a@example.com", "date": "2026-01-01"}


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def bodies_of(route: Route, method: str, theirs: Belongings) -> list[Any]:
    """Nothing, and everything that the description knows: with every switch on, and with every switch off."""
    operation = _operation(route, method)
    content = operation.get("requestBody", {}).get("content", {}) if operation else {}
    if not content:
        return [{}]
    schema = next(iter(content.values()))["schema"]
    return [{}, *(_Filling(theirs, is_on, route).value(schema, "") for is_on in (False, True))]


def body_names(route: Route, method: str) -> frozenset[str] | None:
    """The fields that the operation's description lets a client send; None where it takes no body with fields."""
    content = (_operation(route, method) or {}).get("requestBody", {}).get("content", {})
    schema = _resolved(next(iter(content.values()))["schema"]) if content else {"type": "string"}
    if schema.get("type") == "string":  # nothing, or a file
        return None
    properties = schema.get("properties", {})
    return frozenset(name for name, part in properties.items() if not part.get("readOnly"))


def _operation(route: Route, method: str) -> dict[str, Any] | None:
    wanted = re.sub(r"%\(\w+\)s", "{}", route.template)
    for path, operations in _description()["paths"].items():
        if re.sub(r"\{\w+\}", "{}", path) == wanted and method in operations:
            found: dict[str, Any] = operations[method]
            return found
    return None


class _Filling:
    def __init__(self, theirs: Belongings, is_on: bool, route: Route) -> None:
        self.theirs = theirs
        self.is_on = is_on
        # `records` are of the kind whose collection the route is in.
        self.collection = route.template.removeprefix("/api/v1/").partition("/")[0]

    def value(self, schema: dict[str, Any], name: str) -> Any:
        schema = _resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                return {
                    inner: self.value(part, inner) for inner, part in schema.get("properties", {}).items()
                }
            case "array":
                return [self.value(schema.get("items", {}), name)]
            case "boolean":
                return self.is_on
            case "integer" | "number":
                return schema.get("minimum", 1)
            case _:
                return self._text(schema, name)

    def _text(self, schema: dict[str, Any], name: str) -> str:
        model = model_named(self.collection if name == "records" else name)
        if model is not None:
            return str(self.theirs.of(model).pk)
        form = schema.get("format", "")
        assert form != "uuid", f"Whose id is {name!r}? Name the field like the model, such as `endpoint`."
        if form == "date-time":
            return timezone.now().isoformat()
        return BY_FORMAT.get(form, self.theirs.mark[: min(schema.get("maxLength", 10), 10)])


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(_description()["components"]["schemas"][name])
    if "allOf" in schema:
        return _resolved(schema["allOf"][0])
    if "oneOf" in schema:
        return _resolved(schema["oneOf"][0])
    return schema
