"""A request on its way out: first as fields that a scheme of authentication may add to, then as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

# What `requests` would leave alone; everything else in a path is written as percent signs and digits.
PLAIN_IN_PATH = "/:%,@+~$!*'()"


@dataclass(slots=True)
class Draft:
    """Nothing of it is shared with the connector's `Request`, so that schemes may change it."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    form: dict[str, str] | None = None
    json: Any = None

    def put_field(self, name: str, value: str) -> None:
        """Into the body where there is one with fields, else into the query."""
        if self.form is not None:
            self.form[name] = value
        elif isinstance(self.json, Mapping):
            self.json = {**self.json, name: value}
        else:
            self.query.append((name, value))

    def outgoing(self, base_url: str) -> "Outgoing":
        """As it goes over the wire."""
        url = base_url + quote(self.path, safe=PLAIN_IN_PATH)
        if self.query:
            url += f"?{urlencode(self.query)}"
        if self.form is not None:
            headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
            return Outgoing(self.method, url, headers, urlencode(self.form).encode())
        if self.json is not None:
            headers = {**self.headers, "Content-Type": "application/json"}
            return Outgoing(self.method, url, headers, orjson.dumps(self.json))
        return Outgoing(self.method, url, dict(self.headers), None)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A whole request. Its text form shows neither headers nor body: there are secrets in them."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
