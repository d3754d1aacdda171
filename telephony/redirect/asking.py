"""The exchange's request -> the question. Whatever its form: a query, a form or JSON, in the spellings that dialplans use."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from config.front import FrontRequest
from telephony.ingest.parse import MAX_TOKEN, parse

TOKEN_HEADER: Final = b"x-pbx-token"
MOST_FIELDS: Final = 50
_NAMES: Final = {
    "token": "token",
    "phone": "phone",
    "calleridnum": "phone",
    "callerid": "phone",
    "did": "line",
    "line": "line",
    "uid": "unique_id",
    "uniqueid": "unique_id",
    "channel": "channel",
    "format": "format",
}
_LIMITS: Final = {"token": MAX_TOKEN, "phone": 64, "line": 64, "unique_id": 150, "channel": 200, "format": 10}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says; empty where it says nothing."""

    token: str = ""
    phone: str = ""
    line: str = ""
    unique_id: str = ""
    channel: str = ""
    format: str = ""

    @property
    def is_json(self) -> bool:
        return self.format.lower() == "json"


def read(request: FrontRequest) -> Asked:
    """The query's values, the body's where the query has none; a token in the header goes before both."""
    found: dict[str, str] = {}
    if request.body:
        event = parse(request.body, "redirect")
        _take(found, [*event.payload.items(), ("token", event.token)])
    if request.query:
        query = request.query.decode("latin-1")[:4096]
        pairs = parse_qsl(query, keep_blank_values=False, errors="replace")[:MOST_FIELDS]
        _take(found, pairs)
    header = request.header(TOKEN_HEADER)
    if header:
        found["token"] = header.decode("latin-1").strip()[:MAX_TOKEN]
    return Asked(**found)


def named(data: Any) -> dict[str, Any]:
    """A body's fields under our names, whatever the sender's spelling; what is not ours stays as it is.

    So does a value that is no text: whoever checks the fields says what is wrong with it.
    """
    pairs = list(data.items()) if hasattr(data, "items") else []
    found: dict[str, Any] = {}
    _take(found, pairs)
    for key, value in pairs:
        name = _name(key)
        if name and not _is_text(value):
            found.setdefault(name, value)
    for name in ("token", "format"):
        found.pop(name, None)
    others = {key: value for key, value in pairs if not _name(key)}
    return others | found


def _name(key: Any) -> str:
    return _NAMES.get(str(key).replace("_", "").lower(), "")


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _take(found: dict[str, str], pairs: list[tuple[str, Any]]) -> None:
    for key, value in pairs:
        name = _name(key)
        if name and _is_text(value):
            text = _clean(str(value), is_number=name in ("phone", "line"))[: _LIMITS[name]]
            if text:
                found[name] = text


def _clean(text: str, *, is_number: bool) -> str:
    """A number sent without URIENCODE lost its plus to the query's own decoding. Nothing unprintable goes on."""
    if is_number and text[:1] == " " and text[1:].isdigit():
        text = f"+{text[1:]}"
    return "".join(character for character in text if character.isprintable()).strip()
