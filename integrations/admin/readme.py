"""Shows a connector's README: the little of Markdown that those files use, everything else as plain text."""

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\[([^\]]+)\]\((https://[^)\s]+)\)"), r'<a href="\2" rel="noopener" target="_blank">\1</a>'),
)
_ITEM = re.compile(r"(?:(?P<number>\d+)\.|-) +(?P<text>.*)", re.DOTALL)


def render(markdown: str) -> SafeString:
    """Headings, paragraphs, lists, bold, code and https links as HTML; escaped first, so nothing else gets through."""
    return mark_safe("\n".join(_blocks(markdown)))  # noqa: S308 every line passes escape()


def _blocks(markdown: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", markdown.strip()):
        if block.startswith("#"):
            level = len(block) - len(block.lstrip("#"))
            yield f"<h{level + 1}>{_inline(block.lstrip('# '))}</h{level + 1}>"
        elif _ITEM.match(block):
            yield _list(block)
        else:
            yield f"<p>{_inline(block)}</p>"


def _list(block: str) -> str:
    items = [match for line in re.split(r"\n(?=\d+\. |- )", block) if (match := _ITEM.match(line))]
    tag = "ol" if items[0]["number"] else "ul"
    inside = "".join(f"<li>{_inline(item['text'])}</li>" for item in items)
    return f"<{tag}>{inside}</{tag}>"


def _inline(text: str) -> str:
    found = str(escape(re.sub(r"\s+", " ", text).strip()))
    for pattern, html in _INLINE:
        found = pattern.sub(html, found)
    return found
