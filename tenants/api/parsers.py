"""JSON in: strict, bounded, and nothing that a database could not store."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from tenants.api.problems import TooLarge

MAX_DEPTH = 32
LONGEST_NUMBER = 2.0**63  # a longer integer arrives as a float, which is silently another number


class StrictJSONParser(JSONParser):
    """Refuses what is not JSON, characters and numbers that cannot be kept, and absurd nesting, in plain words."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        # Django's own limit does not cover a body that is read as a stream.
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not valid JSON: %(why)s.") % {"why": error}) from error
        _refuse_absurd(value)
        return value


def _refuse_absurd(value: Any, depth: int = 0) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise ParseError(_("The body contains a NUL character."))
    elif isinstance(value, float):
        if abs(value) >= LONGEST_NUMBER:
            raise ParseError(_("The body contains a number that is too large; send it as text."))
    elif isinstance(value, dict | list):
        if depth == MAX_DEPTH:
            raise ParseError(_("The body is nested too deeply."))
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            _refuse_absurd(inner, depth + 1)
