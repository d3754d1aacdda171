"""One line of a call's story, and the story while it is gathered."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

MAX_ENTRIES = 500
MAX_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """A block of text below an entry, such as a request's body."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a call's story. `ms` counts from the first event; `link` names a row to look at closer."""

    at: datetime
    ms: int
    source: str
    title: str
    tone: str = ""
    text: str = ""
    parts: tuple[Part, ...] = ()
    link: tuple[str, UUID] | None = None
    seconds: float | None = None
    is_retryable: bool = False


@dataclass(slots=True)
class Story:
    begin: datetime
    entries: list[Entry] = field(default_factory=list)

    def add(self, at: datetime, source: str, title: object, **details: Any) -> None:
        ms = round((at - self.begin).total_seconds() * 1000)
        self.entries.append(Entry(at, ms, source, str(title), **details))


SOURCES = {
    "pbx": gettext_lazy("telephone exchange"),
    "call": gettext_lazy("call"),
    "event": gettext_lazy("event"),
    "crm": gettext_lazy("CRM"),
    "webhook": gettext_lazy("webhook"),
    "redirect": gettext_lazy("smart redirect"),
}


def pretty(value: Any) -> str:
    """JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)[:MAX_BODY]
