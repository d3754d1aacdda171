"""The scopes that machines can be given: a resource and an action, as the API's views ask for them.

The views fill this registry themselves when they are defined (`tenants/api/base.py`), so a new route brings its scope along.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.core.exceptions import ValidationError
from django.urls import get_resolver
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

EVERYTHING = "*"
READ, WRITE = "read", "write"
ACTION_LABELS: dict[str, Promise] = {READ: gettext_lazy("read"), WRITE: gettext_lazy("change")}


@dataclass(slots=True)
class Resource:
    """A part of the API. `title` is what people call it."""

    name: str
    title: str | Promise
    actions: set[str]

    @property
    def scopes(self) -> list[str]:
        return [f"{self.name}:{action}" for action in (READ, WRITE) if action in self.actions]


_resources: dict[str, Resource] = {}


def register_resource(name: str, actions: Iterable[str], title: str | Promise = "") -> None:
    """A view says what it needs. Several views may share a resource; the first that has a title names it."""
    known = _resources.setdefault(name, Resource(name, title or name, set()))
    known.actions |= set(actions)
    if title and known.title == name:
        known.title = title


@cache
def _load_views() -> None:
    get_resolver().url_patterns  # noqa: B018 views register while the routes are imported


def resources() -> list[Resource]:
    """Every part of the API that asks for a scope, by name."""
    _load_views()
    return [_resources[name] for name in sorted(_resources)]


def known_scopes() -> list[str]:
    """What exactly can be asked for, such as `calls:read`, in the order of resources."""
    return [scope for one in resources() for scope in one.scopes]


def expand(scopes: Iterable[str]) -> list[str]:
    """The exact scopes that these grant; `*` and `calls:*` spelled out."""
    wanted = set(scopes)
    return [
        scope
        for one in resources()
        for scope in one.scopes
        if wanted & {EVERYTHING, scope, f"{one.name}:{EVERYTHING}"}
    ]


def is_scope(text: str) -> bool:
    """Whether any view asks for it; a resource's `*` and the `*` for everything are scopes, too."""
    resource, _colon, action = text.partition(":")
    known = {one.name: one for one in resources()}.get(resource)
    return text == EVERYTHING or (known is not None and (action == EVERYTHING or action in known.actions))


def clean_scopes(scopes: Iterable[object]) -> list[str]:
    """The scopes without repeats; ValidationError names the one that is none."""
    wanted = list(dict.fromkeys(str(scope) for scope in scopes))
    for scope in wanted:
        if not is_scope(scope):
            raise ValidationError(
                _("“%(scope)s” is not a scope; examples are calls:read, endpoints:* and *.")
                % {"scope": scope[:60]}
            )
    if not wanted:
        raise ValidationError(_("At least one scope is needed."))
    return wanted


def check_scopes(scopes: object) -> None:
    """ValidationError for anything but a list that `clean_scopes` takes."""
    if not isinstance(scopes, list):
        raise ValidationError(_("A list is expected."))
    clean_scopes(scopes)
