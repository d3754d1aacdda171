"""Three states of a record - theirs, ours, and both as they last were in step - and what is to be done: pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.models.sync.plan import ConflictPolicy
from integrations.store.content import Content, Digests, digests, is_empty


@dataclass(frozen=True, slots=True)
class Base:
    """What the link remembers: digests of theirs, and of ours where they differed."""

    theirs: Digests
    ours: Digests
    is_written: bool = False

    def ours_of(self, name: str) -> str | None:
        return self.ours.get(name, self.theirs.get(name))


@dataclass(slots=True)
class Decision:
    """`taken`: columns whose value becomes theirs. `kept`: ours although they changed theirs. `open`: a person decides."""

    taken: dict[str, Any] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    open: dict[str, Any] = field(default_factory=dict)
    references_changed: bool = False
    theirs: dict[str, str] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)

    @property
    def has_conflict(self) -> bool:
        return bool(self.kept or self.open)


def decide(
    content: Content,
    current: Mapping[str, Any],
    base: Base,
    policy: ConflictPolicy,
    our_updated_at: datetime,
) -> Decision:
    """What becomes of each field, and what the link is to remember afterwards."""
    found = Decision()
    new, mine = digests(content.values), digests(current)
    for name, value in content.values.items():
        _decide_field(found, name, value, current, new, mine, base, content, policy, our_updated_at)
    told = digests(content.references)
    found.references_changed = any(base.theirs.get(name) != one for name, one in told.items())
    found.theirs |= told
    return found


def _decide_field(
    found: Decision,
    name: str,
    value: Any,
    current: Mapping[str, Any],
    new: Digests,
    mine: Digests,
    base: Base,
    content: Content,
    policy: ConflictPolicy,
    our_updated_at: datetime,
) -> None:
    is_changed_there = new[name] != base.theirs.get(name)
    is_changed_here = mine[name] != base.ours_of(name)
    found.theirs[name] = new[name]
    former = base.ours_of(name)
    if new[name] == mine[name]:
        return
    if base.is_written and is_changed_there and is_empty(value) and not is_changed_here:
        is_changed_there = False  # we wrote it and it came back empty: that system has no place for it
    if not is_changed_there:
        _remember_ours(found, name, former, new[name])
    elif not is_changed_here or policy is ConflictPolicy.SOURCE:
        found.taken[name] = value
    elif policy is ConflictPolicy.MANUAL:
        # What both knew stays remembered, so that the field stays changed on both sides until somebody decides.
        found.open[name] = value
        found.theirs.pop(name)
        if name in base.theirs:
            found.theirs[name] = base.theirs[name]
        _remember_ours(found, name, former, base.theirs.get(name))
    elif policy is ConflictPolicy.NEWEST and content.updated_at and content.updated_at >= our_updated_at:
        found.taken[name] = value
    else:
        found.kept.add(name)
        _remember_ours(found, name, former, new[name])


def _remember_ours(found: Decision, name: str, former: str | None, theirs: str | None) -> None:
    if former is not None and former != theirs:
        found.ours[name] = former
