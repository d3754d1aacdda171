"""Reads: which calls a person may see, who was told of one, and its whole story."""

from telephony.selectors.calls import CallFilter, filtered, visible_calls
from telephony.selectors.story import SOURCES, Entry, Part, Sight, pretty, timeline
from telephony.selectors.tellings import Telling, tellings

__all__ = [
    "SOURCES",
    "CallFilter",
    "Entry",
    "Part",
    "Sight",
    "Telling",
    "filtered",
    "pretty",
    "tellings",
    "timeline",
    "visible_calls",
]
