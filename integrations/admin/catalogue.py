"""The catalogue: every system that can be connected, on its shelf."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from integrations import connectors
from integrations.connector import Connector
from integrations.manifest import Category


@dataclass(frozen=True, slots=True)
class Entry:
    """One system. `words` is what the search looks in, in small letters."""

    code: str
    name: str
    summary: str
    drawing: SafeString
    abilities: Sequence[str]
    connected: int
    has_simulator: bool
    words: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The systems of one category, by name."""

    category: Category
    title: str
    entries: Sequence[Entry]


def shelves(connected: Mapping[str, int], simulated: Container[str] = ()) -> list[Shelf]:
    """In the order of the categories, without empty ones.

    `connected` counts the integrations of each system, `simulated` are those that can be tried with a simulator.
    """
    found: dict[Category, list[Entry]] = {}
    for code, connector in connectors.registry().items():
        found.setdefault(connector.manifest.category, []).append(
            _entry(connector, connected.get(code, 0), has_simulator=code in simulated)
        )
    return [Shelf(one, str(one.label), found[one]) for one in Category if one in found]


def drawing(connector: Connector) -> SafeString:
    """The logo, from our own folder."""
    return mark_safe(connector.logo_svg)  # noqa: S308 a file of this repository


def _entry(connector: Connector, connected: int, *, has_simulator: bool) -> Entry:
    manifest = connector.manifest
    abilities = [capfirst(str(one.title)) for one in manifest.capabilities]
    parts = [manifest.code, manifest.name, str(manifest.summary), str(manifest.category.label), *abilities]
    return Entry(
        code=manifest.code,
        name=manifest.name,
        summary=str(manifest.summary),
        drawing=drawing(connector),
        abilities=abilities,
        connected=connected,
        has_simulator=has_simulator,
        words=" ".join(parts).lower(),
    )
