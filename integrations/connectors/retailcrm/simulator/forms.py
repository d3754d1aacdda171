"""Reading what RetailCRM accepts: bracketed parameters, and form fields that hold JSON strings."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.retailcrm.simulator.envelope import (
    BLANK,
    NOT_A_CHOICE,
    NOT_VALID,
    ApiError,
    bad_entity,
)
from tenants.simulation import Request, is_whole, parse_json


def parameter(request: Request, name: str) -> str:
    """A required form field; a JSON body has none, which is what people who send one are told."""
    if any(key.startswith(f"{name}[") for key, _value in request.form_pairs):
        raise bad_entity([f"{name} contains a non-scalar value"])
    value = request.form.get(name, "")
    if not value:
        raise ApiError(f"Parameter '{name}' is missing")
    return value


def json_parameter(request: Request, name: str, kind: type) -> Any:
    """A required form field that holds a JSON object or list."""
    try:
        value = parse_json(parameter(request, name))
    except ValueError as error:
        raise bad_entity({name: NOT_VALID}) from error
    if not isinstance(value, kind):
        raise bad_entity({name: NOT_VALID})
    return value


def filters(request: Request) -> dict[str, list[str]]:
    """`filter[name]=x` and `filter[name][]=x` by name; a bare `filter=x` is refused."""
    found: dict[str, list[str]] = {}
    for key, value in request.query_pairs:
        match = re.fullmatch(r"filter\[(\w+)\](?:\[\w*\])?", key)
        if match:
            found.setdefault(match[1], []).append(value)
        elif key == "filter" or key.startswith("filter["):
            raise ApiError("Validation error", {"filter": NOT_VALID})
    return found


def is_web_address(value: Any) -> bool:
    """Whether it is an absolute http or https URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:  # half an IPv6 address, for one
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


class Fields:
    """Checks the keys of one JSON object and collects what is wrong as the API reports it."""

    def __init__(self, data: dict[str, Any], prefix: str = "") -> None:
        self._data, self._prefix = data, prefix
        self.errors: dict[str, str] = {}

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._data.get(name)
        if value is None or value == "":
            return self._wrong(name, BLANK) if required else ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return self._wrong(name, NOT_VALID)
        return str(value)

    def choice(self, name: str, legal: Iterable[str], *, required: bool = False) -> str:
        value = self.text(name, required=required)
        return self._wrong(name, NOT_A_CHOICE) if value and value not in legal else value

    def whole(self, name: str) -> int | None:
        """A number that is not negative, also when it comes as digits in a string."""
        value = self._data.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and is_whole(value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._wrong(name, NOT_VALID)
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._data.get(name) or []
        if not isinstance(value, list) or not all(
            isinstance(each, str | int) and not isinstance(each, bool) for each in value
        ):
            self._wrong(name, NOT_VALID)
            return ()
        return tuple(str(each) for each in value)

    def wholes(self, name: str) -> tuple[int, ...]:
        values = self.texts(name)
        if not all(map(is_whole, values)):
            self._wrong(name, NOT_VALID)
            return ()
        return tuple(int(each) for each in values)

    def _wrong(self, name: str, message: str) -> str:
        self.errors.setdefault(f"{self._prefix}{name}", message)
        return ""

    def mark(self, name: str, message: str) -> None:
        """Notes a mistake that only the caller can see."""
        self._wrong(name, message)
