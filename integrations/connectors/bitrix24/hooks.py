"""What a portal sends: forms that name an object and nothing else of it, clicks on numbers, and its farewell."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _

from integrations.connectors.bitrix24.objects import COMPANY, CONTACT, DEAL, LEAD, outside_id
from integrations.hooks import Changed, Clicked, Happening, Hooks, Removed, Revoked
from integrations.records import RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

# Clicks come through a queue without any order in time: a telephone that rings a minute later only puzzles people.
FRESH_SECONDS: Final = 15

_OBJECTS: Final = {
    "LEAD": (RecordKind.DEAL, LEAD),
    "DEAL": (RecordKind.DEAL, DEAL),
    "CONTACT": (RecordKind.CONTACT, CONTACT),
    "COMPANY": (RecordKind.COMPANY, COMPANY),
}
EVENTS: Final = (
    *(f"ONCRM{name}{what}" for name in _OBJECTS for what in ("ADD", "UPDATE", "DELETE")),
    "ONEXTERNALCALLSTART",
    "ONAPPUNINSTALL",
)
_CHANGE = re.compile(rf"ONCRM({'|'.join(_OBJECTS)})(ADD|UPDATE|DELETE)")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_CLICK_FIELDS = ("CALL_ID", "LINE_NUMBER", "CALL_LIST_ID", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID")

Form = Mapping[str, Any]


class Bitrix24Hooks(Hooks):
    """Proved by a shared value only, and without the object itself: it is read again."""

    preset: ClassVar[str] = "bitrix24"

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        form = arrival.data
        event = _text(form, "event").upper() if isinstance(form, Mapping) else ""
        if not event:
            raise NotReadable("no event")
        change = _CHANGE.fullmatch(event)
        if change is not None:
            return (_change(form, change[1], change[2]),)
        return _OTHERS[event](form, arrival) if event in _OTHERS else ()


def _change(form: Form, name: str, what: str) -> Happening:
    number = _text(form, "data[FIELDS][ID]")
    if not _ID.fullmatch(number):
        raise NotReadable("no id of an object")
    kind, entity = _OBJECTS[name]
    found = outside_id(entity, number)
    return Removed(kind, found) if what == "DELETE" else Changed(kind, found)


def _click(form: Form, arrival: Arrival) -> tuple[Happening, ...]:
    """The call is registered there already: whoever makes it has to tell its end under this CALL_ID."""
    phone = _text(form, "data[PHONE_NUMBER_INTERNATIONAL]") or _text(form, "data[PHONE_NUMBER]")
    user = _text(form, "data[USER_ID]")
    if not phone or not _ID.fullmatch(user):
        raise NotReadable("no telephone number or no user")
    sent = _text(form, "ts")
    is_late = sent.isascii() and sent.isdecimal() and arrival.at - int(sent[:12]) > FRESH_SECONDS
    extra = {name: value for name in _CLICK_FIELDS if (value := _text(form, f"data[{name}]"))}
    return () if is_late else (Clicked(phone=phone, user_id=user, extra=extra),)


def _farewell(form: Form, arrival: Arrival) -> tuple[Happening, ...]:
    return (
        Revoked(_("The application was removed from the portal: install it there and connect it again.")),
    )


_OTHERS: Mapping[str, Callable[[Form, Arrival], tuple[Happening, ...]]] = {
    "ONEXTERNALCALLSTART": _click,
    "ONAPPUNINSTALL": _farewell,
}


def _text(form: Form, name: str) -> str:
    """A field; one that came twice is none."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
