"""Values of a column as pieces of JSON: what JSON, JSON Lines and YAML write, and what the database writes for them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

import orjson

from exports.documents import document
from exports.formats.text import SURROGATE
from exports.kinds import Kind

Encode = Callable[[Sequence[Any]], list[bytes]]
NULL = b"null"


def moment(value: datetime) -> str:
    """RFC 3339 with the offset; fractions of a second as far as there are any, like PostgreSQL's."""
    text = value.isoformat()
    if not value.microsecond:
        return text
    whole, _point, rest = text.partition(".")
    return f"{whole}.{rest[:6].rstrip('0')}{rest[6:]}"


def plain(value: Any) -> str:
    """Decimals stay exact as text: a JSON number would pass through a binary float in most readers."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def quoted(text: str) -> bytes:
    """A JSON string. Not by orjson, which begins each with a kilobyte and leaves the memory in pieces."""
    try:
        return encode_basestring(text).encode()
    except UnicodeEncodeError:
        return encode_basestring(SURROGATE.sub("\ufffd", text)).encode()


def fragment(value: Any) -> bytes:
    """One value that is no document."""
    if type(value) is str:
        return quoted(value)
    if value is None:
        return NULL
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, float):
        return orjson.dumps(value)
    if isinstance(value, int):
        # Beyond 64 bits most readers would round.
        return str(value).encode() if -(2**63) <= value < 2**64 else f'"{value}"'.encode()
    if isinstance(value, dict | list | tuple):
        return documents([value])[0]
    return quoted(value if isinstance(value, str) else plain(value))


def fragments(values: Sequence[Any]) -> list[bytes]:
    return [fragment(value) for value in values]


def documents(values: Sequence[Any]) -> list[bytes]:
    """Nested values; a lone surrogate inside becomes U+FFFD."""
    texts = [document(value) for value in values]
    return [NULL if text is None else SURROGATE.sub("\ufffd", text).encode() for text in texts]


def encoder(kind: Kind) -> Encode:
    return documents if kind == Kind.JSON else fragments
