"""Which event types a subscriber wants: exact names, `call.*`, or `*`."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants.events import DIRECTED, event_types

EVERYTHING = "*"


class Patterns:
    """The compiled form of an endpoint's list."""

    __slots__ = ("_exact", "_prefixes", "_wants_everything")

    def __init__(self, patterns: Iterable[str]) -> None:
        listed = list(patterns)
        self._wants_everything = EVERYTHING in listed
        self._exact = frozenset(listed)
        self._prefixes = tuple(pattern[:-1] for pattern in listed if pattern.endswith(".*"))

    def match(self, event_type: str) -> bool:
        return self._wants_everything or event_type in self._exact or event_type.startswith(self._prefixes)


def known_patterns(own: Iterable[str] = ()) -> list[str]:
    """Everything that can be subscribed to: `*`, then each group with its wildcard first.

    `own` are the types that the company declared itself.
    """
    names = [*(one.name for one in event_types() if DIRECTED not in one.labels), *own]
    groups = dict.fromkeys(name.partition(".")[0] for name in names)
    return [EVERYTHING] + [
        pattern
        for group in groups
        for pattern in (f"{group}.*", *(name for name in names if name.partition(".")[0] == group))
    ]


def clean_patterns(patterns: object, own: Iterable[str] = ()) -> list[str]:
    """The list without repeats, or a ValidationError that names what is wrong."""
    if not isinstance(patterns, Sequence) or isinstance(patterns, str) or not patterns:
        raise ValidationError(_("List at least one event type, such as call.ended, call.* or *."))
    known = set(known_patterns(own))
    for pattern in patterns:
        if pattern not in known and not _is_nested_wildcard(pattern, known):
            raise ValidationError(
                _("“%(pattern)s” is not an event type; examples are call.ended, call.* and *."),
                params={"pattern": str(pattern)[:100]},
            )
    return list(dict.fromkeys(patterns))


def _is_nested_wildcard(pattern: object, known: set[str]) -> bool:
    """`sync.order.*` where types have three parts."""
    return (
        isinstance(pattern, str)
        and pattern.endswith(".*")
        and any(name.startswith(pattern[:-1]) for name in known)
    )
