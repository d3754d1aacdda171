"""Sources that belong to something in a room above: it is told what its source received, after the event is in the log.

An upper room registers an `Owner` and creates its sources with `actions.own_source`. What it has found in a request it
hands back as `Handled`, which the request's page shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Whose:
    """What a source belongs to, for people: its name and the address of its page."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Stored requests of its sources are queued in `lane`: subject = the request, group = the source.

    `find` tells what one source belongs to, None when that is gone or not for who asks.
    """

    name: str
    title: Text
    lane: str
    find: Callable[[UUID], Whose | None]


class Finding(StrEnum):
    """What became of one thing that a request said."""

    DONE = "done"
    UNNEEDED = "unneeded"
    FAILED = "failed"
    WAITING = "waiting"

    @property
    def label(self) -> Promise:
        return _FINDINGS[self]


_FINDINGS: dict[Finding, Promise] = {
    Finding.DONE: _("done"),
    Finding.UNNEEDED: _("not needed"),
    Finding.FAILED: _("failed"),
    Finding.WAITING: _("waiting"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a request said, and what became of it, in words."""

    what: str
    finding: Finding
    text: str = ""


_owners: dict[str, Owner] = {}


def register(owner: Owner) -> None:
    """Declare who may own sources; called once for each when its app is loaded."""
    if owner.name in _owners:
        raise ValueError(f"two owners of sources are named {owner.name}")
    _owners[owner.name] = owner


def owner(name: str) -> Owner | None:
    """None for a source that belongs to nobody, or whose owner this version does not know."""
    return _owners.get(name)
