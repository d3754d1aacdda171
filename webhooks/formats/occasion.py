"""What a body is made of, what is made, and what can go wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format

from tenants.events import UnknownEventType, event_type
from webhooks.reports.event_types import REPORTS
from webhooks.wire import message_id

MOST_FACTS = 10
LONGEST_NAME = 100
LONGEST_FACT = 300


@dataclass(frozen=True, slots=True)
class Company:
    """What of a company shows in its messages."""

    name: str = ""
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


class Part(NamedTuple):
    """Some lines that belong together, and what stands above them."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """One event, ready to be told."""

    id: UUID
    type: str
    occurred_at: datetime
    data: Mapping[str, Any]
    company: Company = field(default_factory=Company)
    own_title: str = ""

    @property
    def message_id(self) -> str:
        return message_id(self.id)

    @property
    def moment(self) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        return self.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def local_time(self) -> str:
        """For people of the company."""
        with translation.override(self.company.language):
            return date_format(self.occurred_at.astimezone(self.company.zone), "SHORT_DATETIME_FORMAT")

    @property
    def title(self) -> str:
        """What happened, in the company's language."""
        if self.type in REPORTS and isinstance(self.data.get("title"), str):
            return str(self.data["title"])
        try:
            declared = event_type(self.type)
        except UnknownEventType:
            return self.own_title or self.type
        with translation.override(self.company.language):
            return str(declared.title)

    def parts(self) -> list[Part]:
        """Those of a report, in the company's language; none of any other event."""
        if self.type not in REPORTS:
            return []
        summary = self.data.get("summary")
        told = [Part("", (summary,))] if isinstance(summary, str) and summary else []
        return told + [
            Part(str(one.get("title", "")), tuple(_line(figure) for figure in _objects(one.get("figures"))))
            for one in _objects(self.data.get("sections"))
        ]

    def facts(self) -> list[tuple[str, str]]:
        """The first plain values of the data, by their dotted names."""
        found: list[tuple[str, str]] = []
        for name, value in _plain(self.data, ""):
            if len(found) == MOST_FACTS:
                break
            # Discord refuses a message for one blank, also where only the part that is shown is blank.
            shown = name.strip()[:LONGEST_NAME], value.strip()[:LONGEST_FACT]
            if all(shown):
                found.append(shown)
        return found


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """A test may show data that no report would have."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _line(figure: Mapping[str, Any]) -> str:
    sign = "❗ " if figure.get("is_trouble") is True else ""
    change = f" ({figure['change']})" if figure.get("change") else ""
    return f"{sign}{figure.get('title', '')}: {figure.get('text', '')}{change}"


def _plain(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _plain(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        if value and all(isinstance(one, str | int | float) for one in value):
            yield name, ", ".join(map(str, value[:20]))
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif value is not None and value != "":
        yield name, str(value)


class Rendered(NamedTuple):
    """A request's body as it will be sent at every try. `headers` are ready lines beside the type of the content."""

    content_type: str
    body: bytes
    headers: tuple[str, ...] = ()


class RenderFailed(Exception):
    """The body cannot be made; the text is for the endpoint's owner."""
