"""What differs between two versions of a mapping."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.mapping.rules import KEYS
from integrations.records import Json


class What(StrEnum):
    """What became of a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @property
    def label(self) -> Promise:
        return _WHAT[self]


_WHAT: dict[What, Promise] = {
    What.ADDED: _("added"),
    What.REMOVED: _("removed"),
    What.CHANGED: _("changed"),
    What.MOVED: _("moved"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule, as it was and as it is; `fields` names what of it differs."""

    what: What
    before: Json | None = None
    after: Json | None = None
    fields: tuple[str, ...] = ()

    @property
    def rule(self) -> Json:
        return self.after or self.before or {}


def difference(before: Sequence[Json], after: Sequence[Json]) -> tuple[Difference, ...]:
    """Rules are the same ones when both of their fields are; then first the new order, and what is gone at the end."""
    left = [(_identity(rule), index, rule) for index, rule in enumerate(before)]
    # Rows that neither came nor went, in the order in which they stood.
    common = [key for key, _index, _rule in left if key in {_identity(rule) for rule in after}]
    found: list[Difference] = []
    place = 0
    for rule in after:
        former = next((one for one in left if one[0] == _identity(rule)), None)
        if former is None:
            found.append(Difference(What.ADDED, after=rule))
            continue
        left.remove(former)
        fields = tuple(key for key in KEYS if former[2].get(key) != rule.get(key))
        if fields:
            found.append(Difference(What.CHANGED, former[2], rule, fields))
        elif place < len(common) and common[place] != former[0]:
            found.append(Difference(What.MOVED, former[2], rule))
        place += 1
    return (*found, *(Difference(What.REMOVED, before=rule) for _key, _index, rule in left))


def _identity(rule: Json) -> tuple[Any, Any]:
    return rule.get("theirs"), rule.get("ours")
