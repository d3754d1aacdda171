"""A report as text with a messenger's markup."""

from collections.abc import Callable, Iterator

from webhooks.formats.escaping import unchanged
from webhooks.formats.occasion import Occasion

Write = Callable[[str], str]


def report_text(occasion: Occasion, bold: Write = unchanged, escape: Write = unchanged) -> str | None:
    """Title, summary, and the figures part by part, a line each; None for every other event."""
    return "\n".join(_lines(occasion, bold, escape)) if occasion.parts() else None


def _lines(occasion: Occasion, bold: Write, escape: Write) -> Iterator[str]:
    yield bold(escape(occasion.title))
    for part in occasion.parts():
        if part.title:
            yield ""
            yield bold(escape(part.title))
        yield from map(escape, part.lines)
