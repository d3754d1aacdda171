"""A request on its way out: first as fields that a scheme of authentication may add to, then as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from urllib3 import encode_multipart_formdata

from integrations.http.messages import FilePart

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
    files: Mapping[str, FilePart] | None = None

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
        if self.files:
            return self._multipart(url, self.files)
        if self.form is not None:
            headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
            return Outgoing(self.method, url, headers, urlencode(self.form).encode())
        if self.json is not None:
            headers = {**self.headers, "Content-Type": "application/json"}
            return Outgoing(self.method, url, headers, orjson.dumps(self.json))
        return Outgoing(self.method, url, dict(self.headers), None)

    def _multipart(self, url: str, files: Mapping[str, FilePart]) -> "Outgoing":
        parts = {name: (one.name, one.content, one.media_type) for name, one in files.items()}
        body, content_type = encode_multipart_formdata({**(self.form or {}), **parts})
        told = {
            name: f"{one.name}, {one.media_type}, {len(one.content)} bytes" for name, one in files.items()
        }
        shown = urlencode({**(self.form or {}), **told}).encode()
        headers = {**self.headers, "Content-Type": content_type}
        return Outgoing(self.method, url, headers, body, shown)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A whole request. Its text form shows neither headers nor body: there are secrets in them.

    `shown` stands for a body that is not to be kept: its fields as those of a form.
    """

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    shown: bytes | None = field(default=None, repr=False)
