"""What a connector's client hands to the ApiClient, and what it gets back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Repeat
from integrations.http.errors import OutcomeUnknown

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form. Its text form does not show what is in it."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `operation` names it for people and metrics; `path` is relative to the account's address.

    `form` values are strings already (nested objects as JSON text where the system wants that); with `files` the form goes
    as multipart, and of the files only names and sizes are kept. `attempts` is how often
    the ApiClient itself may try within the caller's budget; work that has its own retries says 1. A refusal of an
    optional call says nothing about the integration's health.

    `changes` says whether the call changes something there; without it every method but GET, HEAD and OPTIONS does.
    A dry run sends no such call. `idempotency_key` goes into the header that the manifest names, so that the system
    recognises a repetition. An answer to GET is used again for `cache_seconds`; with `revalidate` it is kept longer, and
    the system is asked whether it still holds (ETag, Last-Modified).
    """

    method: str
    path: str
    operation: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    files: Mapping[str, FilePart] | None = None
    json: Any = None
    bucket: str = ""
    repeat: Repeat = Repeat.NEVER
    attempts: int = 1
    is_optional: bool = False
    changes: bool | None = None
    idempotency_key: str = ""
    cache_seconds: float = 0.0
    revalidate: bool = False

    @property
    def is_change(self) -> bool:
        return self.method.upper() not in READING if self.changes is None else self.changes

    @property
    def is_conditional(self) -> bool:
        """Whether "not modified" is an answer to it."""
        return any(name in self.headers for name in ("If-None-Match", "If-Modified-Since"))


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; the body is bounded by the ApiClient."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The parsed body; an answer that is not JSON leaves open what happened on the other side."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OutcomeUnknown(
                _("The outside system answered with something that is not JSON."),
                detail=f"HTTP {self.status}, {self.content_type or 'no content type'}, {len(self.body)} bytes: {error}",
            ) from error

    def json_object(self) -> dict[str, Any]:
        """The parsed body, which has to be an object."""
        found = self.json()
        if not isinstance(found, dict):
            raise OutcomeUnknown(
                _("The outside system answered in a form that we do not know."),
                detail=f"HTTP {self.status}: expected an object, found {type(found).__name__}",
            )
        return found


def as_json(value: object) -> str:
    """Compact JSON text with letters of any alphabet as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
