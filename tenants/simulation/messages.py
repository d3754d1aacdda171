"""What goes in and out of a simulator: a request as it came over the wire, and the reply to send back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

FORM_TYPE = "application/x-www-form-urlencoded"


def parse_json(text: str | bytes) -> Any:
    """What the text says; raises ValueError, also for a nesting so deep that Python gives up."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_whole(text: str) -> bool:
    """Whether the text is a number of plain digits that fits any database."""
    return text.isascii() and text.isdigit() and len(text) <= 18


@dataclass
class Request:
    """One request; `status`, `answered_at` and `fault` are filled in when it is answered.

    Timestamps are `time.monotonic()`, which all processes of one Linux machine share, so a benchmark may
    compare them with its own clock.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: float
    arrived: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int | None = None
    answered_at: float | None = None
    fault: str = ""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(self.query_pairs)

    @cached_property
    def query_pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True, errors="replace")

    def header(self, name: str) -> str:
        """The first header of that name in any case, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @cached_property
    def content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @cached_property
    def form_pairs(self) -> list[tuple[str, str]]:
        """The fields of an urlencoded body; any other kind of body has none."""
        if self.content_type != FORM_TYPE:
            return []
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(self.form_pairs)

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return parse_json(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `stream` replaces the body by pieces sent as they come, `breaks` ruins the connection."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterator[bytes] | None = None
    breaks: Literal["", "reset", "hang"] = ""
    seconds: float | None = None

    @classmethod
    def json(cls, data: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> "Reply":
        return cls(status, json.dumps(data, ensure_ascii=False).encode(), headers=headers)

    @classmethod
    def html(cls, text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> "Reply":
        return cls(status, text.encode(), "text/html; charset=utf-8", headers)


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; ValueError says what else it is."""
    data = request.json()
    if isinstance(data, dict):
        return data
    raise ValueError("send a JSON object")
