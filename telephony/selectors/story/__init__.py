"""The whole story of one call: its lines, who may see which, and how it is gathered."""

from telephony.selectors.story.entries import MAX_ENTRIES, SOURCES, Entry, Part, pretty
from telephony.selectors.story.sight import Sight
from telephony.selectors.story.telling import timeline

__all__ = ["MAX_ENTRIES", "SOURCES", "Entry", "Part", "Sight", "pretty", "timeline"]
