"""Saves the known fields out of a body that is neither JSON nor a form, by pattern.

The dialplan of Asterisk 16 has no JSON builder: a caller's name that contains quotes, set by a look-up, breaks the
body around it (seen on a real exchange). Nobody on the other side repeats, so what can be read is read.
"""

import json
import re
from typing import Any, Final

from telephony.ingest.names import KNOWN, canonical

_KEY = re.compile(
    r"""["']?\b(""" + "|".join(sorted(KNOWN, key=len, reverse=True)) + r""")["']?\s*[:=]""", re.IGNORECASE
)
_EXTENSION = re.compile(r"[0-9*#+]{1,20}")
_SECRETS = re.compile(
    r"""(["']?\b(?:token|recording|file)["']?\s*[:=]\s*)(?:"[^"]*"?|'[^']*'?|[^\s,&;}"']*)""", re.IGNORECASE
)
_NEXT_KEY = re.compile(r"""\s*,\s*"[^"]*"\s*:""")
_DECODER = json.JSONDecoder(strict=False)
_MAX_VALUE: Final = 4096


def extract(text: str) -> dict[str, Any]:
    """Known fields only: each value reaches to the next known key. The first of several wins."""
    found: dict[str, Any] = {}
    keys = list(_KEY.finditer(text))
    for place, key in enumerate(keys):
        end = keys[place + 1].start() if place + 1 < len(keys) else len(text)
        name = canonical(key[1])
        if name not in found:
            found[name] = _value(name, text[key.end() : end][:_MAX_VALUE])
    return found


def mask_fields(text: str, mask: str) -> str:
    """The raw text without the values of the fields that are secrets, wherever they stand."""
    return _SECRETS.sub(lambda match: match[1] + mask, text)


def _value(name: str, piece: str) -> Any:
    piece = piece.strip().rstrip(",&;} \t\r\n")
    if name == "Extensions":
        return _EXTENSION.findall(piece)
    try:
        value, end = _DECODER.raw_decode(piece)
    except (ValueError, RecursionError):
        return _unquoted(piece)
    is_whole = end == len(piece) or _NEXT_KEY.match(piece, end)
    return value if is_whole and type(value) in (str, int) else _unquoted(piece)


def _unquoted(piece: str) -> str:
    if piece[:1] in "\"'":
        quote, piece = piece[0], piece[1:]
        piece = piece.removesuffix(quote)
    return piece.replace('\\"', '"').strip()
