"""How Telegram reads HTML: the tags of "Formatting options", and nothing else; lengths in UTF-16 units."""

import re
from html import unescape
from typing import Any

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler", "span": "spoiler",
}  # fmt: skip
_TOKEN = re.compile(r"<(/?)([a-zA-Z-]*)([^>]*)>|([^<]+)|(<)")
_HREF = re.compile(r"""\s*href\s*=\s*(?:"([^"]*)"|'([^']*)')\s*""")
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)\w+;")


class CannotParse(ValueError):
    """With the words that follow "can't parse entities: "."""


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parsed(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without tags, and its entities; CannotParse in Telegram's words."""
    text = ""
    entities: list[dict[str, Any]] = []
    open_: list[tuple[str, int, str]] = []
    for found in _TOKEN.finditer(html):
        closing, tag, rest, words, stray = found.groups()
        offset = len(html[: found.start()].encode())
        if words is not None:
            if _ENTITY.search(words):
                raise CannotParse(f"Unsupported HTML entity at byte offset {offset}")
            text += unescape(words)
        elif stray or not tag:
            raise CannotParse(f"Unexpected end tag at byte offset {offset}")
        elif tag.lower() not in TAGS:
            raise CannotParse(f'Unsupported start tag "{tag}" at byte offset {offset}')
        elif closing:
            entities += _closed(open_, tag.lower(), text, offset)
        else:
            href = _HREF.fullmatch(rest)
            if rest.strip() and (tag.lower() != "a" or href is None):
                raise CannotParse(f'Unsupported attribute of "{tag}" at byte offset {offset}')
            open_.append((tag.lower(), units(text), unescape(href[1] or href[2] or "") if href else ""))
    if open_:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{open_[-1][0]}"')
    return text, entities


def _closed(open_: list[tuple[str, int, str]], tag: str, text: str, offset: int) -> list[dict[str, Any]]:
    if not open_ or open_[-1][0] != tag:
        raise CannotParse(f'Unmatched end tag at byte offset {offset}, expected "</{tag}>"')
    name, start, url = open_.pop()
    length = units(text) - start
    entity = {"type": TAGS[name], "offset": start, "length": length, **({"url": url} if url else {})}
    return [entity] if length else []
