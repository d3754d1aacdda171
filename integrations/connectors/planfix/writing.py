"""Pure functions from our changes to what Planfix is sent."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.html import escape
from django.utils.translation import gettext as _

from integrations.capabilities import Change
from integrations.connectors.planfix.objects import CUSTOM, Reading
from integrations.phones import digits
from integrations.records import RecordKind
from tenants.errors import ConfigError, RemoteRejected

Row = dict[str, Any]

MOBILE: Final = 1
TEMPLATES: Final = {
    RecordKind.CONTACT: "contact_template",
    RecordKind.COMPANY: "company_template",
    RecordKind.DEAL: "deal_template",
}


def names(change: Change, field: str) -> bool:
    """Whether the change is about this field; a whole record never empties what it says nothing of."""
    return field in change.fields if change.fields else bool(getattr(change.record, field, None))


def new_body(kind: RecordKind, change: Change, settings: Mapping[str, Any], reading: Reading) -> Row:
    """Everything that is known. ConfigError while nobody has said which template it is made from."""
    template = str(settings.get(TEMPLATES[kind]) or "")
    if not template:
        raise ConfigError(
            _("Enter the template from which they are made in Planfix: %(kind)s.") % {"kind": kind.label}
        )
    body = changed_body(kind, change, {}, reading)
    if kind is not RecordKind.DEAL:
        body["isCompany"] = kind is RecordKind.COMPANY
        body["sourceObjectId"] = change.key
        if reading.key_field:
            field = {"field": {"id": _number(reading.key_field)}, "value": change.key}
            body["customFieldData"] = [*body.get("customFieldData", []), field]
    return body | {"template": {"id": int(template)}}


def needs_known(change: Change) -> bool:
    """Whether the object has to be read first: a list of phones is replaced whole."""
    return names(change, "phones")


def changed_body(kind: RecordKind, change: Change, known: Mapping[str, Any], reading: Reading) -> Row:
    """The fields to be written; RemoteRejected for a value that Planfix could not hold."""
    body: Row = {}
    for field, (name, write) in _FIELDS[kind].items():
        if names(change, field):
            body[name] = write(getattr(change.record, field))
    if names(change, "phones"):
        body["phones"] = [_phone(one, known) for one in getattr(change.record, "phones", ())]
    if kind is RecordKind.DEAL:
        body |= _counterparty(change)
    elif kind is RecordKind.CONTACT and not names(change, "first_name") and not names(change, "last_name"):
        body |= {"name": change.record.name} if names(change, "name") else {}  # type: ignore[attr-defined]
    custom = _custom(kind, change, reading)
    if custom:
        body["customFieldData"] = custom
    return body


def _custom(kind: RecordKind, change: Change, reading: Reading) -> list[Row]:
    values: dict[str, Any] = {}
    if names(change, "custom"):
        values |= change.record.custom
    if kind is RecordKind.DEAL and names(change, "total") and reading.amount_field:
        total = getattr(change.record, "total", None)
        values[CUSTOM + reading.amount_field] = None if total is None else float(total.amount)
    values |= change.extra
    return [
        {"field": {"id": _number(name.removeprefix(CUSTOM))}, "value": value}
        for name, value in values.items()
        if name.startswith(CUSTOM)
    ]


def _counterparty(change: Change) -> Row:
    """One person or one firm."""
    for field in ("contact_ids", "company_ids"):
        if names(change, field) and (found := getattr(change.record, field)):
            return {"counterparty": {"id": f"contact:{_number(found[0])}"}}
    return {}


def _phone(number: str, known: Mapping[str, Any]) -> Row:
    """A number that is there already keeps what people said it is for."""
    wanted = digits(number)
    rows = known.get("phones")
    for one in rows if isinstance(rows, list) else []:
        if isinstance(one, Mapping) and digits(str(one.get("number", ""))) == wanted:
            return {"number": str(one["number"]), "type": one.get("type") or MOBILE}
    return {"number": wanted, "type": MOBILE}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RemoteRejected(_("“%(value)s” is no id of Planfix.") % {"value": text[:50]})
    return int(text)


def _people(number: str) -> Row:
    return {"users": [{"id": f"user:{_number(number)}"}] if number else []}


def _description(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _first(values: tuple[str, ...]) -> str:
    """There is one field for an address; further ones can be read, but not written."""
    return next(iter(values), "")


def _same(value: Any) -> Any:
    return value


_PEOPLE: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "emails": ("email", _first),
    "address": ("address", _same),
    "comment": ("description", _description),
    "responsible_id": ("supervisors", _people),
}
_FIELDS: Final[Mapping[RecordKind, Mapping[str, tuple[str, Callable[[Any], Any]]]]] = {
    RecordKind.CONTACT: {
        **_PEOPLE,
        "first_name": ("name", _same),
        "middle_name": ("midname", _same),
        "last_name": ("lastname", _same),
        "position": ("position", _same),
        "company_ids": ("companies", lambda ids: [{"id": _number(one)} for one in ids]),
    },
    RecordKind.COMPANY: {**_PEOPLE, "name": ("name", _same), "website": ("site", _same)},
    RecordKind.DEAL: {
        "title": ("name", _same),
        "comment": ("description", _description),
        "stage": ("status", lambda stage: {"id": _number(stage)}),
        "responsible_id": ("assignees", _people),
    },
}
