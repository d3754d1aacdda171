"""The one place that knows what must not be shown: names that hold secrets, and how secrets look in text.

Logs, exchanges with outside systems, deliveries, the audit trail, error pages and error collectors all come here. Two
kinds of knowledge: `is_secret_name` for anything with a name (a field, a header, a parameter of a URL), `masked` for
free text. Whoever knows the secret values themselves, as a connection does, masks those, too (`Values`).
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

MASK = "•••"
SHORTEST_SECRET = 4
DEEPEST = 20

_WORDS = (
    r"password|passwd|passphrase|pwd|secret|token|authorization|cookie|credentials?|signature|digest"
    r"|api[-_]?key|access[-_]?key|private[-_]?key|encryption[-_]?keys?|client[-_]?id|session[-_]?id|otp|recovery[-_]?codes?"
    # Where a conversation can be listened to.
    r"|recording(?:[-_]?(?:url|link|file|path))?|record[-_]?(?:url|link|file|path)"
)
# At the end of a name and on the border of a word: `pbx_token`, `X-Auth-Token`, `clientSecret`, `tokens`.
_NAME = re.compile(
    rf"(?:{_WORDS})s?(?:[-_]?(?:hash|old|new|previous|former|current|value|text|template)?\d*)$", re.I
)
# Headers are ours to read only where we know them; all that sounds like a key is none of anybody's business.
_HEADER = re.compile(r"^(?:proxy-.*|.*(?:token|secret|key|password|auth|session|cookie|signature).*)$", re.I)
_OPEN_HEADERS = frozenset({"webhook-signature", "idempotency-key", "sec-websocket-key", "www-authenticate"})
# Names that sound like a secret and are none.
_OPEN_NAMES = frozenset({"is_recorded", "has_recording"})

_TEXT_NAMES = (
    r"(?:api[_-]?key|apikey|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase|pwd|authorization"
    r"|client_?id|credential|cookie|record(?:ing)?[_-]?(?:url|link))"
)
# `name=value`, `name: value` and their quoted forms; a quoted value ends at its quote, spaces and all. A name is read from its
# beginning, once, and never given back: strangers' answers are read here, and one of nothing but such words would take seconds.
_PAIR = re.compile(
    rf"""((?<![\w-])(?=[\w-]*?{_TEXT_NAMES})[\w-]++["']?+\s*+[:=]\s*(?:bearer\s+|basic\s+|token\s+)?)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s"'&,;}}]+)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(://)[^/\s@?#\"']+(?=@)")
_OWN_KEY = re.compile(r"\b(sbk_|sbs_|whsec_|whsk_|sb1\.)[A-Za-z0-9_\-+/=.]+")
_JSON_PAIR = re.compile(
    rf'("[\w.-]*?(?:{_WORDS})s?"\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)', re.IGNORECASE
)

# `?token=…` inside an address that is some field's value.
_PARAMETER = re.compile(rf"""([?&][\w.-]*?(?:{_WORDS})s?=)[^&#"'\s\\]+""", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret: a field, a setting, a parameter, a form's field."""
    return name.lower() not in _OPEN_NAMES and bool(_NAME.search(name))


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header of that name may carry a credential."""
    return name.lower() not in _OPEN_HEADERS and bool(_HEADER.match(name))


def masked(text: str) -> str:
    """Free text with the values of telling names, passwords in addresses, and our own keys, replaced."""
    text = _PAIR.sub(lambda found: found[1] + _kept_quotes(found[2]), text)
    text = _SCHEME.sub(rf"\1{MASK}", text)
    text = _USERINFO.sub(rf"\1{MASK}", text)
    return _OWN_KEY.sub(rf"\1{MASK}", text)


def masked_json(text: str) -> str:
    """JSON text, or a piece of it, with the values of secret names replaced, those in addresses too; it stays JSON."""
    return _PARAMETER.sub(rf"\1{MASK}", _JSON_PAIR.sub(rf'\1"{MASK}"', text))


def masked_pairs(text: str) -> list[str]:
    """The fields of a form or query, decoded, with the values of secret names replaced; JSON inside is looked into."""
    pairs = parse_qsl(text, keep_blank_values=True)
    return [f"{name}={MASK if is_secret_name(_last(name)) else masked_json(value)}" for name, value in pairs]


def masked_url(url: str) -> str:
    """The address without a user's password and without secret parameters."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")
    netloc = f"{MASK}@{host[2]}" if host[1] else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query="&".join(masked_pairs(parts.query))))


def masked_header(name: str, value: str) -> str:
    return MASK if is_secret_header(name) else value


def masked_line(line: str) -> str:
    """One header line."""
    name, colon, _value = line.partition(":")
    return f"{name}: {MASK}" if colon and is_secret_header(name.strip()) else line


def masked_value(value: Any, name: str = "", *, are_headers: bool = False, depth: int = 0) -> Any:
    """A copy of nested data: what stands under a secret name is gone, texts are masked as free text."""
    is_secret = is_secret_name(name) or (are_headers and is_secret_header(name))
    if depth > DEEPEST or (is_secret and value not in (None, "", [], {})):
        return MASK
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, bytes | bytearray):
        return masked(bytes(value).decode("utf-8", "replace"))
    hold_headers = are_headers or name.lower().endswith("headers")
    if isinstance(value, Mapping):
        return {
            key: masked_value(inner, str(key), are_headers=hold_headers, depth=depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str):
        # Perhaps a pair, as collectors keep headers and parameters.
        second = masked_value(value[1], value[0], are_headers=hold_headers, depth=depth + 1)
        return [masked(value[0]), second]
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(inner, are_headers=hold_headers, depth=depth + 1) for inner in value]
    return value


class Values:
    """Knows secret values, in every form in which they travel."""

    def __init__(self, values: Iterable[object]) -> None:
        forms = {
            form for value in values if len(str(value)) >= SHORTEST_SECRET for form in _forms(str(value))
        }
        # The longest first: a secret may contain another.
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """The text without any of them."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def before_send(event: dict[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For an error collector of the operator's choice, by its hook of that name: the event without secrets."""
    cleaned: dict[str, Any] = masked_value(event)
    request = cleaned.get("request")
    if isinstance(request, dict):
        if isinstance(event["request"].get("url"), str):
            request["url"] = masked_url(event["request"]["url"])
        if isinstance(event["request"].get("query_string"), str):
            request["query_string"] = "&".join(masked_pairs(event["request"]["query_string"]))
        if isinstance(event["request"].get("data"), str):
            request["data"] = masked_body(event["request"]["data"])
    return cleaned


def masked_body(text: str) -> str:
    """A body whose type is not known: as JSON, as a form, and as free text."""
    if re.fullmatch(r"[\w.%\[\]+-]+=[^\s]*", text):
        return "&".join(masked_pairs(text))
    return masked(masked_json(text))


def _last(name: str) -> str:
    """`auth[application_token]` is named by its last part."""
    return name.rstrip("]").rpartition("[")[2]


def _kept_quotes(value: str) -> str:
    mark = value[0] if value[0] in "\"'" else ""
    return f"{mark}{MASK}{mark}"


def _forms(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        escaped,
        escaped.replace("/", "\\/"),
    }
