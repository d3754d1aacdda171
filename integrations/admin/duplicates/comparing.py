"""The records of a group side by side, and what a person chose of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.actions.merge_records import Wish
from integrations.duplicates.values import PARTS_OF_NAME
from integrations.models import DuplicateGroup
from integrations.records import RecordKind
from integrations.store.content import is_empty
from integrations.store.parts import LISTS
from integrations.store.shapes import CUSTOM, shape_of


@dataclass(frozen=True, slots=True)
class Row:
    """One field: `cells` are pairs of record and value. Of joined ones nothing is chosen."""

    name: str
    label: str
    cells: Sequence[tuple[str, str]]
    is_joined: bool
    preset: str


def compared(group: DuplicateGroup, records: Sequence[Any], survivor: str) -> list[Row]:
    """The fields in which at least one record has something."""
    shape = shape_of(RecordKind(group.kind))
    found = []
    for name, column in shape.columns.items():
        values = [(str(one.pk), getattr(one, name)) for one in records]
        filled = [pk for pk, value in values if not is_empty(value)]
        if not filled or name in PARTS_OF_NAME:
            continue
        label = str(column.verbose_name)
        cells = [(pk, shown(value)) for pk, value in values]
        preset = survivor if survivor in filled else filled[0]
        found.append(Row(name, label[:1].upper() + label[1:], cells, name in (*LISTS, CUSTOM), preset))
    return found


def shown(value: Any) -> str:
    """For people: a list one a line."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{name}: {one}" for name, one in value.items())
    return str(value)


def wish_of(group: DuplicateGroup, posted: Mapping[str, Any], chosen: Sequence[str]) -> Wish | None:
    """What was sent; None when it names no survivor or nobody else."""
    try:
        survivor = UUID(posted.get("survivor", ""))
        losers = tuple(one for one in map(UUID, chosen) if one != survivor)
        shape = shape_of(RecordKind(group.kind))
        choices = {
            name: UUID(posted[f"choice-{name}"]) for name in shape.columns if posted.get(f"choice-{name}")
        }
    except ValueError:
        return None
    if not losers:
        return None
    # A value of a record whose box is not ticked is not taken.
    known = {survivor, *losers}
    return Wish(
        RecordKind(group.kind),
        survivor,
        losers,
        {name: one for name, one in choices.items() if one in known},
    )
