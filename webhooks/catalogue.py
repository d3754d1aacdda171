"""The catalogue of events: the types that Switchboard declares, and those of the company in scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tenants.events import DIRECTED, EventType, event_types
from webhooks.models import OwnEventType


@dataclass(frozen=True, slots=True)
class Entry:
    """One type, for people and programs to read."""

    name: str
    title: str
    description: str
    version: int
    schema: Mapping[str, Any]
    example: Mapping[str, Any]
    deprecation: str
    is_own: bool
    is_publishable: bool
    is_external: bool

    @classmethod
    def declared(cls, one: EventType) -> Self:
        return cls(
            name=one.name,
            title=str(one.title),
            description=str(one.description),
            version=one.version,
            schema=one.schema,
            example=one.example,
            deprecation=str(one.deprecation),
            is_own=False,
            is_publishable=one.is_publishable,
            is_external=one.is_external,
        )

    @classmethod
    def own(cls, row: OwnEventType) -> Self:
        return cls(
            name=row.name,
            title=row.title,
            description=row.description,
            version=row.version,
            schema=row.schema,
            example=row.example,
            deprecation=row.deprecation,
            is_own=True,
            is_publishable=True,
            is_external=True,
        )


def catalogue() -> list[Entry]:
    """By name. A type that Switchboard declares later under a company's name stands in its place."""
    found = {row.name: Entry.own(row) for row in OwnEventType.objects.all()}
    found |= {one.name: Entry.declared(one) for one in event_types()}
    return [found[name] for name in sorted(found)]


def search(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Those whose name, title or description has every word of the text."""
    words = text.casefold().split()
    return [
        one
        for one in entries
        if all(word in f"{one.name} {one.title} {one.description}".casefold() for word in words)
    ]


def subscribable() -> list[Entry]:
    """Those that an endpoint can ask for."""
    directed = {one.name for one in event_types() if DIRECTED in one.labels}
    return [one for one in catalogue() if one.name not in directed]


def publishable(names: set[str]) -> dict[str, Entry]:
    """Of these names, the ones that an outside system may publish."""
    found = {one.name: Entry.declared(one) for one in event_types() if one.name in names}
    strange = names - found.keys()
    if strange:
        found |= {row.name: Entry.own(row) for row in OwnEventType.objects.filter(name__in=strange)}
    return {name: one for name, one in found.items() if one.is_publishable}
