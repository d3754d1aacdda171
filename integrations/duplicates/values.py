"""Whose values a merged record has, and what they are after it was undone: pure functions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from integrations.store.content import is_empty
from integrations.store.parts import LISTS
from integrations.store.shapes import CUSTOM

Values = Mapping[str, Any]
# Parts of one name: they come from one record, or make a name that nobody has.
NAME: Final = "name"
PARTS_OF_NAME: Final = ("first_name", "last_name", "middle_name")


def merged_values(
    values: Mapping[UUID, Values], survivor: UUID, choices: Mapping[str, UUID]
) -> dict[str, Any]:
    """By column. `values` are those of all records, the survivor's among them, in the order in which they count.

    What was chosen is taken from there. Of the rest the survivor's counts, and where it has none the first one's that has
    some; numbers, addresses and further fields are joined.
    """
    order = [survivor, *(one for one in values if one != survivor)]
    found: dict[str, Any] = {}
    named_by = choices.get(NAME) or _first_with(NAME, values, order)
    for name in values[survivor]:
        if name in choices:
            found[name] = values[choices[name]][name]
        elif name in PARTS_OF_NAME:
            found[name] = values[named_by][name]
        elif name in LISTS:
            found[name] = list(dict.fromkeys(one for record in order for one in values[record][name]))
        elif name == CUSTOM:
            found[name] = {
                key: one for record in reversed(order) for key, one in values[record][name].items()
            }
        else:
            found[name] = values[_first_with(name, values, order)][name]
    return found


def _first_with(name: str, values: Mapping[UUID, Values], order: Sequence[UUID]) -> UUID:
    return next((one for one in order if not is_empty(values[one][name])), order[0])


def undone_values(
    before: Values, after: Values, current: Values, staying: Collection[str] = ()
) -> dict[str, Any]:
    """The survivor's values without what the merge brought. What was changed since stays; so do `staying` numbers and
    addresses, which one of its own outside objects has by now."""
    found: dict[str, Any] = {}
    for name, value in current.items():
        if name not in before or name not in after:
            found[name] = value
        elif name in LISTS:
            brought = set(after[name]) - set(before[name]) - set(staying)
            kept = [one for one in value if one not in brought]
            found[name] = [
                *kept,
                *(one for one in before[name] if one not in after[name] and one not in kept),
            ]
        elif name == CUSTOM:
            found[name] = _undone_fields(before[name], after[name], value)
        else:
            found[name] = before[name] if value == after[name] else value
    return found


def _undone_fields(before: Values, after: Values, current: Values) -> dict[str, Any]:
    changed = {key for key in current.keys() | after.keys() if current.get(key) != after.get(key)}
    found = {key: value for key, value in current.items() if key in changed or key in before}
    return found | {key: value for key, value in before.items() if key not in changed}


def preferred(values: Mapping[UUID, Values], links: Mapping[UUID, int]) -> UUID:
    """Which one to keep when nobody says: the one that most systems know, then the fullest, then the oldest."""
    return min(
        values,
        key=lambda one: (
            -links.get(one, 0),
            -sum(not is_empty(value) for value in values[one].values()),
            one,
        ),
    )
