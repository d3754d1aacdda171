"""What a field mapping is made of: one rule for each pair of a field of theirs and a field of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AS_IS = "as_is"


class Way(StrEnum):
    """In which direction a rule works."""

    IN = "in"
    OUT = "out"
    BOTH = "both"

    @property
    def label(self) -> Promise:
        return _WAYS[self]


_WAYS: dict[Way, Promise] = {
    Way.IN: _("theirs to ours"),
    Way.OUT: _("ours to theirs"),
    Way.BOTH: _("both ways"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`theirs` is a name as `Records.describe` gives it, or a path with dots; `ours` a field of the canonical record or
    `custom.<code>`. `default` is taken where the other side has nothing, written as people write it.
    """

    theirs: str = ""
    ours: str = ""
    way: Way = Way.IN
    transform: str = AS_IS
    parameters: Mapping[str, Any] = field(default_factory=dict)
    default: str = ""

    @property
    def comes_in(self) -> bool:
        return self.way is not Way.OUT

    @property
    def goes_out(self) -> bool:
        return self.way is not Way.IN


KEYS = ("theirs", "ours", "direction", "transform", "parameters", "default")
Rules = tuple[Rule, ...]


def to_json(rule: Rule) -> dict[str, Any]:
    """The form in which rules are stored, sent and written into files."""
    return {
        "theirs": rule.theirs,
        "ours": rule.ours,
        "direction": rule.way.value,
        "transform": rule.transform,
        "parameters": dict(rule.parameters),
        "default": rule.default,
    }


def from_json(row: Mapping[str, Any]) -> Rule:
    """The rule of a stored row, which was checked before it was stored."""
    return Rule(
        theirs=row["theirs"],
        ours=row["ours"],
        way=Way(row["direction"]),
        transform=row["transform"],
        parameters=row["parameters"],
        default=row["default"],
    )
