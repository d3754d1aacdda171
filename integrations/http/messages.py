"""What a connector's client hands to the ApiClient, and what it gets back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Repeat
from integrations.http.errors import OutcomeUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `operation` names it for people and metrics; `path` is relative to the account's address.

    `form` values are strings already (nested objects as JSON text where the system wants that). `attempts` is how often
    the ApiClient itself may try within the caller's budget; work that has its own retries says 1. A refusal of an
    optional call says nothing about the integration's health.
    """

    method: str
    path: str
    operation: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: Any = None
    bucket: str = ""
    repeat: Repeat = Repeat.NEVER
    attempts: int = 1
    is_optional: bool = False


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
