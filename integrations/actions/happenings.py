"""What a request said, in the words that its page shows."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.hooks import Admitted, Changed, Clicked, Happening, Noticed, Removed, Revoked, Told


def described(happening: Happening) -> str:
    """One line."""
    return _WORDS[type(happening)](happening)


def _changed(one: Changed) -> str:
    return _("Changed: %(kind)s, %(id)s") % {"kind": one.kind.label, "id": one.outside_id}


def _removed(one: Removed) -> str:
    return _("Removed: %(kind)s, %(id)s") % {"kind": one.kind.label, "id": one.outside_id}


def _told(one: Told) -> str:
    return _("Told: %(kind)s, %(id)s") % {"kind": one.record.kind.label, "id": one.record.outside_id}


def _clicked(one: Clicked) -> str:
    return _("Call to %(phone)s") % {"phone": one.phone}


def _revoked(_one: Revoked) -> str:
    return _("We were disconnected there")


def _admitted(_one: Admitted) -> str:
    return _("We were let in there")


def _noticed(one: Noticed) -> str:
    return _("Event %(name)s") % {"name": one.event_type}


_WORDS: Mapping[type[Happening], Callable[[Any], str]] = {
    Changed: _changed,
    Removed: _removed,
    Told: _told,
    Clicked: _clicked,
    Revoked: _revoked,
    Admitted: _admitted,
    Noticed: _noticed,
}
