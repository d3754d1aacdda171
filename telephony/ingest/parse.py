"""Raw bytes of one exchange's request -> `ParsedEvent`. Never raises, whatever the bytes are.

The content type is not looked at: real exchanges label JSON as a form and repeat the header three times. What cannot
be read properly is kept with the reasons listed in `degraded`, in words in `telephony/models/event.py`.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus

import orjson

from telephony.ingest.extraction import extract, mask_fields
from telephony.ingest.names import KNOWN, NUMBER_FIELDS, SEALED_FIELDS, TEXT_FIELDS, TIME_FIELDS, canonical
from telephony.ingest.scrub import Scrubber, replaced

MASK: Final = "•••"
MAX_ID: Final = 150
MAX_TOKEN: Final = 200
MASKABLE: Final = 6  # masking a shorter token wherever it stands would eat extensions and digits of numbers
KINDS: Final = ("start", "dial", "bridge", "hangup", "download")

_KIND_WORDS: Final = {kind: kind for kind in KINDS} | {
    "new": "start",
    "begin": "start",
    "ring": "dial",
    "ringing": "dial",
    "answer": "bridge",
    "answered": "bridge",
    "up": "bridge",
    "end": "hangup",
    "ended": "hangup",
    "recording": "download",
    "record": "download",
}
_TIME = re.compile(
    r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
)
_FORM = re.compile(r"^\s*[\w.%\[\]-]{1,60}=", re.ASCII)


class ParsedEvent(NamedTuple):
    """What one request says. `payload` and `raw` are storable in any database and do not contain the token."""

    kind: str
    token: str
    unique_id: str
    linked_id: str
    payload: dict[str, Any]
    raw: str
    degraded: tuple[str, ...]
    digest: bytes
    sealed: Mapping[str, Any] = MappingProxyType({})
    """Fields that are to be encrypted; they are not in `payload`, nor their values in `raw`."""
    source: str = "http"
    """An EventSource."""


@dataclass(slots=True)
class _Body:
    fields: dict[str, Any]
    reasons: list[str]
    is_form: bool = False


def parse(body: bytes, kind: str = "", token: str = "") -> ParsedEvent:
    """Read a body. `kind` comes from the path ("" where the body names it), `token` from a header when one was sent."""
    read = _fast(body) or _slow(body)
    fields, reasons = read.fields, read.reasons
    token = token or _token(fields, reasons)
    fields.pop("Token", None)
    kind = kind or _kind(fields, reasons)
    _check_types(fields, reasons, is_form=read.is_form)
    dump = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    if len(token) >= MASKABLE and token.encode("utf-8", "replace") in dump:
        fields = replaced(fields, token, MASK)
        dump = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    unique_id, linked_id = _channel_id(fields, "UniqueId", reasons), _channel_id(fields, "LinkedId", reasons)
    if not unique_id and not linked_id:
        reasons.append("no_call_id")
    digest = hashlib.sha256(kind.encode() + b"\0" + dump)
    sealed = {name: fields.pop(name) for name in SEALED_FIELDS if fields.get(name) not in (None, "")}
    raw = ""
    if reasons:
        digest.update(body)
        raw = _raw(body, token, [value for value in sealed.values() if isinstance(value, str)])
    return ParsedEvent(
        kind, token, unique_id, linked_id, fields, raw, tuple(dict.fromkeys(reasons)), digest.digest(), sealed
    )


def _fast(body: bytes) -> _Body | None:
    """The ordinary case, a flat JSON object in order; None for anything else."""
    try:
        data = orjson.loads(body)
    except ValueError:
        return None
    if type(data) is not dict:
        return None
    # More `":` than keys may mean a key that came twice, which this parser hides: the slow way looks properly.
    if body.count(b'":') + body.count(b'" :') > len(data) or b"\\u0000" in body:
        return None
    values = data.values()
    if any([type(value) in _NESTED and not _is_flat(value) for value in values]):  # noqa: C419 a list is quicker for few
        return None
    names = _names(tuple(data))
    return _Body(dict(zip(names, values, strict=True)), []) if names else None


_NESTED: Final = frozenset((dict, list))


@lru_cache(maxsize=64)
def _names(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The fields' names in our spelling, () when two keys mean the same. An exchange sends few sets of keys."""
    names = tuple(canonical(key) for key in keys)
    return names if len(set(names)) == len(names) else ()


def _is_flat(value: Any) -> bool:
    return type(value) is list and all(type(item) in (str, int) for item in value)


def _slow(body: bytes) -> _Body:
    scrubber = Scrubber()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        scrubber.reasons.append("not_utf8")
    pairs, is_form = _pairs(text, scrubber.reasons)
    fields: dict[str, Any] = {}
    for key, value in pairs:
        name = canonical(scrubber.text(key))
        if name in fields:
            scrubber.reasons.append(
                "duplicate_key"
            )  # the first wins: what follows may be a caller's own text
        else:
            fields[name] = scrubber.clean(value)
    return _Body(fields, scrubber.reasons, is_form)


def _pairs(text: str, reasons: list[str]) -> tuple[list[tuple[str, Any]], bool]:
    """Top-level keys and values in order, and whether the body was a form."""
    if not text.strip("\x00 \t\r\n"):
        reasons.append("empty")
        return [], False
    try:
        data = json.loads(text, object_pairs_hook=_Pairs, parse_int=_int, strict=False)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, _Pairs):
        return [(key, _plain(value)) for key, value in data.pairs], False
    if data is None and _FORM.match(text):
        form = _form(text, reasons)
        if any(canonical(key) in KNOWN for key, _value in form):
            return list(form), True
    reasons.append("not_an_object" if data is not None else "not_json")
    return list(extract(text).items()), False


class _Pairs:
    """A JSON object with its keys as they came, repeated ones included."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > 100:  # the scrubber cuts far above this; here only recursion is bounded
        return "…"
    if isinstance(value, _Pairs):
        return {key: _plain(item, depth + 1) for key, item in value.pairs}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) < 100 else float(digits)


def _form(text: str, reasons: list[str]) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(text.strip("\r\n"), keep_blank_values=True, max_num_fields=500, errors="strict")
    except UnicodeDecodeError:
        reasons.append("not_utf8")
        pairs = parse_qsl(text.strip("\r\n"), keep_blank_values=True)
    except ValueError:
        reasons.append("not_json")
        return []
    return [(key, _restored_plus(key, value)) for key, value in pairs]


def _restored_plus(key: str, value: str) -> str:
    """A number sent without URIENCODE lost its plus to the form's own decoding."""
    if value[:1] == " " and value[1:].isdigit() and canonical(key) in NUMBER_FIELDS:
        return "+" + value[1:]
    return value


def _token(fields: dict[str, Any], reasons: list[str]) -> str:
    value = fields.get("Token", "")
    if isinstance(value, int) and not isinstance(value, bool):
        reasons.append("wrong_type:Token")
        return str(value)
    return value.strip()[:MAX_TOKEN] if isinstance(value, str) else ""


def _kind(fields: dict[str, Any], reasons: list[str]) -> str:
    for name in ("event", "Event", "type", "Type", "kind", "Kind"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            kind = _KIND_WORDS.get(value.strip().strip("/").lower().rsplit(".", 1)[-1])
            if kind:
                return kind
    reasons.append("unknown_kind")
    return "unknown"


def _check_types(fields: dict[str, Any], reasons: list[str], *, is_form: bool) -> None:
    for name in TEXT_FIELDS:
        value = fields.get(name)
        if value is not None and type(value) not in (str, int):
            reasons.append(f"wrong_type:{name}")
    extensions = fields.get("Extensions")
    if extensions is not None and not (_is_flat(extensions) or (is_form and isinstance(extensions, str))):
        reasons.append("wrong_type:Extensions")
    for name in TIME_FIELDS:
        value = fields.get(name)
        if value and isinstance(value, str) and not _TIME.fullmatch(value.strip()):
            reasons.append(f"bad_time:{name}")


def _channel_id(fields: dict[str, Any], name: str, reasons: list[str]) -> str:
    value = fields.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    cleaned = "".join(value.split())
    if len(cleaned) > MAX_ID:
        reasons.append(f"too_long:{name}")
    return "" if cleaned.lower() in ("unknown", "null", "none", "<unknown>", "(null)") else cleaned[:MAX_ID]


def _raw(body: bytes, token: str, sealed: Sequence[str]) -> str:
    text = body.decode("utf-8", "replace").replace("\x00", "")
    for secret in (token, *sealed):
        if len(secret) >= MASKABLE:
            for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
                text = text.replace(form, MASK)
    return mask_fields(text, MASK)
