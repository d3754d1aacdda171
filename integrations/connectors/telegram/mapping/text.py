"""Marked text as Telegram's HTML, in parts that fit: lengths are UTF-16 units after parsing (Bot API, "Formatting options").

Nothing is cut inside a letter of several characters, and no link or marked passage that fits into one part.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

MOST_ENTITIES: Final = 100
_MARK = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\[(?P<title>[^\[\]\n]+)\]\((?P<url>https?://[^\s()<>]+)\)"
    r"|(?<![\w*])\*(?P<bold>(?=\S)[^*\n]+(?<=\S))\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>(?=\S)[^_\n]+(?<=\S))_(?![\w_])"
)
_BREAKS: Final = ("\n\n", "\n", " ")
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Run:
    """A passage of one look. `tags` are of b, i and code, the outer one first; code stands alone."""

    text: str
    tags: tuple[str, ...] = ()
    url: str = ""

    @property
    def is_plain(self) -> bool:
        return not self.tags and not self.url

    def html(self) -> str:
        inner = escape(self.text, quote=False)
        for tag in reversed(self.tags):
            inner = f"<{tag}>{inner}</{tag}>"
        return f'<a href="{escape(self.url)}">{inner}</a>' if self.url else inner


@dataclass(frozen=True, slots=True)
class Part:
    """One message's text."""

    runs: tuple[Run, ...]

    @property
    def plain(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def html(self) -> str:
        return "".join(run.html() for run in self.runs)


def units(text: str) -> int:
    """Length as Telegram counts: characters beyond the basic plane are two."""
    return len(text) + sum(char > "\uffff" for char in text)


def runs_of(text: str, *, is_marked: bool) -> tuple[Run, ...]:
    """The passages of a text; marks that have no partner are letters like all others."""
    return tuple(_parsed(text, ())) if is_marked else (Run(text),)


def _parsed(text: str, tags: tuple[str, ...]) -> Iterator[Run]:
    at = 0
    for found in _MARK.finditer(text):
        if found.start() > at:
            yield Run(text[at : found.start()], tags)
        yield from _marked(found, tags)
        at = found.end()
    if at < len(text):
        yield Run(text[at:], tags)


def _marked(found: re.Match[str], tags: tuple[str, ...]) -> Iterator[Run]:
    if found["code"]:
        yield Run(found["code"], ("code",))
    elif found["url"]:
        yield Run(found["title"], tags, found["url"])
    elif found["bold"]:
        yield from _parsed(found["bold"], (*tags, "b"))
    else:
        yield from _parsed(found["italic"], (*tags, "i"))


def split(runs: Sequence[Run], limit: int) -> tuple[Part, ...]:
    """Parts of at most `limit` units and a hundred entities, cut at a paragraph, a line or a word where there is one."""
    rest = _stripped(runs)
    parts = []
    while rest:
        head, tail = _cut(rest, _end(rest, limit))
        parts.append(Part(tuple(_stripped(head))))
        rest = _stripped(tail)
    return tuple(part for part in parts if part.runs)


def _end(runs: Sequence[Run], limit: int) -> int:
    """Where the first part ends, in characters."""
    text = "".join(run.text for run in runs)
    longest = min(_fitting(text, limit), _hundred(runs))
    if longest >= len(text):
        return len(text)
    end = _break(text, longest)
    start = 0
    for run in runs:
        stop = start + len(run.text)
        if start < end < stop and not run.is_plain and start > 0 and units(run.text) <= limit:
            return start
        start = stop
    return end


def _fitting(text: str, limit: int) -> int:
    """How many characters fit; at least one."""
    if units(text[: limit + 1]) <= limit:
        return len(text)
    size = 0
    for index, char in enumerate(text):
        size += 2 if char > "\uffff" else 1
        if size > limit:
            return max(index, 1)
    return len(text)


def _hundred(runs: Sequence[Run]) -> int:
    """Where the run begins that would be an entity too many."""
    at, count = 0, 0
    for run in runs:
        count += len(run.tags) + bool(run.url)
        if count > MOST_ENTITIES:
            return at
        at += len(run.text)
    return at


def _break(text: str, longest: int) -> int:
    for mark in _BREAKS:
        found = text.rfind(mark, longest // 2, longest + 1)
        if found > 0:
            return found
    end = longest
    while end > 1 and _belongs_together(text[end - 1], text[end]):
        end -= 1
    return end if end > 1 else longest


def _belongs_together(before: str, after: str) -> bool:
    """Whether the two are of one letter as people see it."""
    is_modifier = "\U0001f3fb" <= after <= "\U0001f3ff"
    return bool(before == "\u200d" or after in _JOINERS or is_modifier or unicodedata.combining(after))


def _cut(runs: Sequence[Run], end: int) -> tuple[list[Run], list[Run]]:
    head, tail, at = [], [], 0
    for run in runs:
        inside = min(max(end - at, 0), len(run.text))
        if run.text[:inside]:
            head.append(replace(run, text=run.text[:inside]))
        if run.text[inside:]:
            tail.append(replace(run, text=run.text[inside:]))
        at += len(run.text)
    return head, tail


def _stripped(runs: Sequence[Run]) -> list[Run]:
    """Without white space at both ends: Telegram takes it away, and refuses what is left empty."""
    kept = list(runs)
    while kept and not kept[0].text.strip():
        kept.pop(0)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return kept
