"""What a portal sends: forms that name an object and nothing else of it, clicks on numbers, and its farewell."""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _

from integrations.connectors.bitrix24.objects import COMPANY, CONTACT, DEAL, LEAD, outside_id
from integrations.hooks import Admitted, Changed, Clicked, Granted, Happening, Hooks, Removed, Revoked
from integrations.records import RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

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
_MOMENT = re.compile(r"[0-9]{1,10}")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_CLICK_FIELDS = ("CALL_ID", "LINE_NUMBER", "CALL_LIST_ID", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID")

_EVENT_NAMES: Final = {
    "access": "auth[access_token]",
    "refresh": "auth[refresh_token]",
    "seconds": "auth[expires_in]",
    "domain": "auth[domain]",
    "member_id": "auth[member_id]",
    "application_token": "auth[application_token]",
    "user_id": "auth[user_id]",
}
_PAGE_NAMES: Final = {
    "access": "AUTH_ID",
    "refresh": "REFRESH_ID",
    "seconds": "AUTH_EXPIRES",
    "domain": "DOMAIN",
    "member_id": "member_id",
    "application_token": "APPLICATION_TOKEN",
    "user_id": "user_id",
}

Form = Mapping[str, Any]


class Bitrix24Hooks(Hooks):
    """Proved by a shared value only, and without the object itself: it is read again."""

    preset: ClassVar[str] = "bitrix24"

    def is_genuine(self, arrival: Arrival, kept: Mapping[str, str]) -> bool:
        """An application's events repeat the token of its installation; an installation has to know our own address."""
        form = arrival.data if isinstance(arrival.data, Mapping) else {}
        if _is_installation(form):
            return arrival.parameter("token") is not None
        token = kept.get("application_token", "")
        if not token or _is_asked_for(arrival):
            return True
        given = _text(form, "auth[application_token]")
        return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        form = arrival.data
        if isinstance(form, Mapping) and _is_installation(form):
            return (_installed(form, arrival),)
        event = _text(form, "event").upper() if isinstance(form, Mapping) else ""
        if not event:
            raise NotReadable("no event")
        change = _CHANGE.fullmatch(event)
        if change is not None:
            return (_change(form, change[1], change[2]),)
        return _OTHERS[event](form, arrival) if event in _OTHERS else ()


def _is_installation(form: Form) -> bool:
    """By an event, or as the page that an application with a page of its own shows while it is installed."""
    return _text(form, "event").upper() == "ONAPPINSTALL" or bool(_text(form, "AUTH_ID"))


def _is_asked_for(arrival: Arrival) -> bool:
    """Portals send forms; what we asked for ourselves came with our own access (offline.py)."""
    return not arrival.query and arrival.content_type == "application/json"


def _installed(form: Form, arrival: Arrival) -> Happening:
    names = _EVENT_NAMES if _text(form, "event") else _PAGE_NAMES
    found = {name: _text(form, theirs) for name, theirs in names.items()}
    domain = found.pop("domain") or (arrival.parameter("DOMAIN") or "")
    seconds = found.pop("seconds")
    access, refresh = found.pop("access"), found.pop("refresh")
    if not access or not domain or "/" in domain:
        raise NotReadable("no token or no portal")
    kept = {name: value[:500] for name, value in found.items() if value} | {"domain": domain[:200]}
    life = float(seconds) if seconds.isascii() and seconds.isdecimal() and len(seconds) < 9 else None
    return Admitted(
        account=f"//{domain}", granted=Granted(access=access, refresh=refresh, seconds=life, kept=kept)
    )


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
    # Clicks come through a queue that takes its time.
    at = datetime.fromtimestamp(int(sent), UTC) if _MOMENT.fullmatch(sent) else None
    extra = {name: value for name in _CLICK_FIELDS if (value := _text(form, f"data[{name}]"))}
    return (Clicked(phone=phone, user_id=user, clicked_at=at, extra=extra),)


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
