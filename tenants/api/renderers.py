"""JSON out, by orjson: several times faster than the standard encoder on long lists."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_fallback = JSONEncoder()


def _default(value: Any) -> Any:
    return str(value) if isinstance(value, Promise) else _fallback.default(value)


class FastJSONRenderer(JSONRenderer):
    """Problems are sent as `application/problem+json` (RFC 9457)."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_default, option=orjson.OPT_NON_STR_KEYS)
        except orjson.JSONEncodeError:
            # A stored document with a lone surrogate or a number beyond 64 bits: slower, but all of JSON.
            return json.dumps(data, cls=JSONEncoder).encode()
