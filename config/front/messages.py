"""What a front handler gets and gives: a whole request and a whole response."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple

from config.front.asgi_types import Headers, Send


class FrontRequest(NamedTuple):  # made in a tenth of a frozen dataclass' time
    """One request with its body read; `headers` are as received (lower-case names, repeats kept in order)."""

    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes
    client: str

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class FrontResponse:
    """One whole answer; `headers` are sent besides Content-Type."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Iterable[tuple[str, str]] = ()
    _lines: list[tuple[bytes, bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines = [(b"content-type", self.content_type.encode("latin-1"))]
        lines += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        object.__setattr__(self, "_lines", lines)

    async def send_with(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self._lines})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def problem(
    status: HTTPStatus, detail: str, headers: Iterable[tuple[str, str]] = (), **members: Any
) -> FrontResponse:
    """An RFC 9457 answer: what is wrong, in words that the caller's developer can act on."""
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        **members,
    }
    return FrontResponse(status, json.dumps(content).encode(), "application/problem+json", headers)
