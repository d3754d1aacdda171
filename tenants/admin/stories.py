"""Where the story of a correlation id is told: rooms declare what they start, lower rooms link to it without knowing it."""

from collections.abc import Callable
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

Story = tuple[str, str]  # its words, its address
StoryFinder = Callable[[UUID], Story | None]
_finders: list[StoryFinder] = []


def story_of(finder: StoryFinder) -> StoryFinder:
    """Register a function that knows the page of a correlation id, or that it is none of its own."""
    _finders.append(finder)
    return finder


def story_link(correlation_id: UUID | None) -> SafeString:
    """A link to what began it all, else the bare id; a dash where there is none."""
    if correlation_id is None:
        return format_html("{}", "—")
    for finder in _finders:
        found = finder(correlation_id)
        if found is not None:
            text, address = found
            return format_html('<a class="sb-link" href="{}">{}</a>', address, text)
    return format_html('<span class="sb-muted">{}</span>', correlation_id)
