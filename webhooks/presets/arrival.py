"""One request as presets look at it: raw bytes first, parsed only when somebody asks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

import orjson
from django.conf import settings

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 2000
MAX_DEPTH: Final = 100  # writers and readers of JSON further on give up at 254 levels


class NotReadable(ValueError):
    """The body is not what its sender always sends."""


@dataclass(frozen=True)
class Arrival:
    """`headers` have lower-case names; a header that came several times with different values is joined by commas.

    `address` is the sender's, as the trusted proxies tell it.
    """

    headers: Mapping[str, str]
    query: str
    body: bytes
    at: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    method: str = "POST"
    path: str = ""

    @property
    def url(self) -> str:
        """The public address that the sender called: what it says itself in a Host header proves nothing."""
        return settings.PUBLIC_URL + self.path + (f"?{self.query}" if self.query else "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def parameter(self, name: str) -> str | None:
        """A parameter of the URL; None when it is missing or came twice."""
        try:
            values = parse_qs(self.query, keep_blank_values=True, max_num_fields=100).get(name, [])
        except ValueError:
            return None
        return values[0] if len(values) == 1 else None

    @cached_property
    def data(self) -> Any:
        """The body as JSON, or as a form where it says that it is one; NotReadable when it is neither."""
        if self.is_form:
            return _form(self.body)
        try:
            data = orjson.loads(self.body)
        except ValueError:
            data = _lenient(self.body)
        if self.body.count(b"[") + self.body.count(b"{") > MAX_DEPTH and _is_deep(data):
            raise NotReadable("nested too deeply")
        return data

    @property
    def is_form(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == FORM

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields of a form in their order; empty when it is none."""
        try:
            return (
                parse_qsl(
                    self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
                )
                if self.is_form
                else []
            )
        except ValueError:
            return []

    def value(self, path: str) -> str:
        """The text or number at a dotted path of the body, empty when there is none."""
        try:
            found = self.data
        except NotReadable:
            return ""
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def lower_case(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header lines as a mapping. A line repeated with the same value counts once, as some senders and proxies repeat."""
    found: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        values = found.setdefault(raw_name.decode("latin-1").lower(), [])
        value = raw_value.decode("latin-1").strip()
        if value not in values:
            values.append(value)
    return {name: ", ".join(values) for name, values in found.items()}


def _form(body: bytes) -> dict[str, Any]:
    """A form; a field that comes several times is a list. Slack and GitHub put JSON into a field named `payload`."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise NotReadable("too many fields") from error
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            former = fields[name]
            fields[name] = [*former, value] if isinstance(former, list) else [former, value]
        else:
            fields[name] = value
    if list(fields) == ["payload"] and isinstance(fields["payload"], str):
        try:
            return {"payload": orjson.loads(fields["payload"])}
        except ValueError:
            return fields
    return fields


def _lenient(body: bytes) -> Any:
    """What the fast parser refuses: NaN, huge numbers, a byte order mark, bytes that are not UTF-8, lone surrogates."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise NotReadable("neither JSON nor a form") from error


def _whole(digits: str) -> int | float:
    """As the fast parser does: what 64 bits cannot hold becomes a float."""
    return int(digits) if len(digits) < 19 else float(digits)


def _is_deep(data: Any) -> bool:
    level = [data] if isinstance(data, dict | list) else []
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
