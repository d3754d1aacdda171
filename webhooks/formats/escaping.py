"""Text of strangers in messages: harmless in each messenger's markup, and never longer than it takes."""

import re
from typing import Final

import orjson

_SLACK: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_DISCORD: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\*_~|>#[]()-`"})
_TEAMS: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\*_[]`"})
_TAG: Final = re.compile(r"<[^>]{0,500}>")
_OPEN_ENTITY: Final = re.compile(r"&[a-z]{0,4}\Z")


def unchanged(text: str) -> str:
    return text


def json_text(text: str) -> str:
    """For a place between quotation marks."""
    return orjson.dumps(text)[1:-1].decode()


def slack(text: str) -> str:
    """Their only escapes; without “<” there is no link and no mention either."""
    return text.translate(_SLACK)


def discord(text: str) -> str:
    return text.translate(_DISCORD)


def telegram(text: str) -> str:
    return text.translate(_SLACK)


def teams(text: str) -> str:
    return text.translate(_TEAMS)


def length(text: str) -> int:
    """As messengers count: in units of UTF-16, where an emoji is two."""
    return len(text) + sum(1 for sign in text if ord(sign) > 0xFFFF)


def cut(text: str, limit: int) -> str:
    """At most so many units, with an ellipsis where something is missing, and never half an escape at the end."""
    if length(text) <= limit:
        return text
    kept, used = [], 1
    for sign in text:
        used += 2 if ord(sign) > 0xFFFF else 1
        if used > limit:
            break
        kept.append(sign)
    short = _OPEN_ENTITY.sub("", "".join(kept))
    if (len(short) - len(short.rstrip("\\"))) % 2:
        short = short[:-1]
    return short + "…"


def cut_bytes(text: str, limit: int) -> str:
    """The same by the bytes of UTF-8."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[: limit - 3].decode("utf-8", "ignore") + "…"


def pieces(text: str, size: int, most: int) -> list[str]:
    """Pieces of at most so many units, broken at the ends of lines where there are any; the rest is cut off."""
    found: list[str] = []
    while text and len(found) < most:
        if length(text) <= size or len(found) == most - 1:
            found.append(cut(text, size))
            break
        head = cut(text, size).removesuffix("…")
        end = head.rfind("\n")
        head = head[:end] if end > 0 else head
        found.append(head)
        text = text[len(head) :].lstrip("\n")
    return found


def without_tags(html: str) -> str:
    """Plain text of Telegram's HTML."""
    plain = _TAG.sub("", html)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
