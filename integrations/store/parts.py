"""Lists to which several outside objects contribute once their records are merged: numbers, addresses, references.

Of each object its link remembers what it has itself, so that what one of them gains or loses does not take away what
another one has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from integrations.models import Link, Reference
from integrations.store.content import Content, digest
from integrations.store.merging import Decision
from integrations.store.shapes import Shape

LISTS: Final = ("phones", "emails")
Parts = Mapping[str, Sequence[str]]


def joined(
    ours: Sequence[str], before: Sequence[str], now: Sequence[str], others: Iterable[str] = ()
) -> list[str]:
    """Ours, less what that object lost and no other one has, and what it has now."""
    lost = set(before) - set(now) - set(others)
    kept = [one for one in ours if one not in lost]
    return [*kept, *(one for one in now if one not in kept)]


@dataclass(slots=True)
class Neighbours:
    """What the other objects of merged records have, and which references the records have now."""

    parts: dict[UUID, list[tuple[UUID, Parts]]] = field(default_factory=dict)
    references: dict[tuple[UUID, str], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, links: Iterable[Link], shape: Shape, integration_id: UUID) -> "Neighbours":
        """Two queries at most, and none where nothing was merged."""
        found = cls()
        ids = {link.record_id for link in links if link.parts is not None}
        if not ids:
            return found
        for link in Link.objects.filter(record_id__in=ids).only("record_id", "parts", "tenant_id"):
            found.parts.setdefault(link.record_id, []).append((link.pk, link.parts or {}))
        if shape.references:
            named = Reference.objects.filter(record_id__in=ids, integration_id=integration_id)
            for one in named.order_by("place", "id"):
                found.references.setdefault((one.record_id, one.name), []).append(one.outside_id)
        return found

    def others(self, link: Link, name: str) -> list[str]:
        return [
            value
            for pk, parts in self.parts.get(link.record_id, ())
            if pk != link.pk
            for value in parts.get(name, ())
        ]


def own_parts(content: Content) -> dict[str, list[str]]:
    """What that object has itself."""
    lists = {name: list(content.values[name]) for name in LISTS}
    return lists | {name: list(ids) for name, ids in content.references.items()}


def join(
    link: Link, content: Content, current: Mapping[str, Any], decision: Decision, around: Neighbours
) -> Content:
    """Takes over what changed in that object's own part of each list, and remembers the part as it is now.

    The content that is given back names the references of all objects of the record.
    """
    parts: Parts = link.parts or {}
    for name in LISTS:
        if name not in decision.taken:
            continue
        whole = joined(current[name], parts.get(name, ()), content.values[name], around.others(link, name))
        if whole == current[name]:
            del decision.taken[name]
        else:
            decision.taken[name] = whole
        if digest(whole) != decision.theirs[name]:
            decision.ours[name] = digest(whole)
    references = {
        name: tuple(
            joined(
                around.references.get((link.record_id, name), ()),
                parts.get(name, ()),
                ids,
                around.others(link, name),
            )
        )
        for name, ids in content.references.items()
    }
    link.parts = own_parts(content)
    return replace(content, references=references)
