"""What Planfix sends: commands of its telephony, and what an automatic scenario says of an object.

A scenario's request has the body that its author writes; ours is `{"object": "contact", "id": "…"}`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from integrations.hooks import Admitted, Changed, Clicked, Happening, Hooks, Removed
from integrations.records import RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

_EXTENSION: Final = re.compile(r"[0-9*#]{1,10}")
_PHONE: Final = re.compile(r"\+?[0-9*#]{2,20}")
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
_OBJECTS: Final = {
    "contact": RecordKind.CONTACT,
    "company": RecordKind.COMPANY,
    "task": RecordKind.DEAL,
    "deal": RecordKind.DEAL,
}

Form = Mapping[str, Any]


class PlanfixHooks(Hooks):
    """Proved by the token that we chose, in the form or in the address."""

    preset: ClassVar[str] = "planfix"

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        form = arrival.data
        if not isinstance(form, Mapping):
            raise NotReadable("neither a form nor an object")
        command = _text(form, "cmd")
        if command:
            return _COMMANDS[command](form) if command in _COMMANDS else ()
        return (_news(form),)


def _click(form: Form) -> tuple[Happening, ...]:
    """The employee's telephone rings first."""
    extension, phone = _text(form, "from"), _text(form, "to")
    if not _EXTENSION.fullmatch(extension) or not _PHONE.fullmatch(phone):
        raise NotReadable("no extension or no telephone number")
    return (Clicked(phone=phone, extension=extension),)


def _set_up(form: Form) -> tuple[Happening, ...]:
    """Somebody switched the telephony on there: its address and its token come along."""
    token, address = _text(form, "planfix_token"), _text(form, "planfix_url")
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise NotReadable("no address of Planfix") from error
    if not token or parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotReadable("no token or no address of Planfix")
    return (
        Admitted(
            account=f"{parts.scheme}://{parts.netloc}",
            settings={"telephony_path": parts.path or "/"},
            credentials={"planfix_token": token},
        ),
    )


def _news(form: Form) -> Happening:
    kind, number = _OBJECTS.get(_text(form, "object").lower()), _text(form, "id")
    if kind is None or not _ID.fullmatch(number):
        raise NotReadable("no kind of object or no number")
    is_removed = _text(form, "event").lower() in ("deleted", "removed")
    return Removed(kind, number) if is_removed else Changed(kind, number)


_COMMANDS: Final[Mapping[str, Callable[[Form], tuple[Happening, ...]]]] = {
    "makeCall": _click,
    "setup": _set_up,
}


def _text(form: Form, name: str) -> str:
    """A field; one that came twice is none. Scenarios put numbers in without quotes, too."""
    value = form.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""
