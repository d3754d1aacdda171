"""Pure functions: our changes -> what amoCRM is sent."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.capabilities import Change
from integrations.connectors.amocrm.entities import LOST, WON, linked
from integrations.connectors.amocrm.mapping import is_id, same_number
from integrations.phones import digits
from integrations.records import DealPhase, Money, RecordKind
from tenants.errors import RemoteRejected

Row = dict[str, Any]

USUAL_ENUM: Final = "WORK"
STAGE_OF_PHASE: Final = {DealPhase.WON: int(WON), DealPhase.LOST: int(LOST)}
LINKS: Final[Mapping[RecordKind, Mapping[str, str]]] = {
    RecordKind.CONTACT: {"company_ids": "companies"},
    RecordKind.COMPANY: {},
    RecordKind.DEAL: {"contact_ids": "contacts", "company_ids": "companies"},
}
"""Our field -> what it is tied to there."""
CODES: Final[Mapping[RecordKind, Mapping[str, str]]] = {
    RecordKind.CONTACT: {"phones": "PHONE", "emails": "EMAIL", "position": "POSITION", "address": "ADDRESS"},
    RecordKind.COMPANY: {"phones": "PHONE", "emails": "EMAIL", "website": "WEB", "address": "ADDRESS"},
    RecordKind.DEAL: {},
}
MULTI: Final = frozenset({"PHONE", "EMAIL"})


def names(change: Change, field: str) -> bool:
    """Whether the change is about this field; a whole record never empties what it says nothing of."""
    return field in change.fields if change.fields else bool(getattr(change.record, field, None))


def needs_known(kind: RecordKind, change: Change) -> bool:
    """Whether the object has to be read first: fields with several values are replaced whole, ties are only added."""
    return any(names(change, field) for field in ("phones", "emails", *LINKS[kind]))


def body(kind: RecordKind, change: Change, known: Mapping[str, Any] | None) -> Row:
    """The fields to be written, without `id`; RemoteRejected for a value that amoCRM could not hold."""
    found = {
        name: write(getattr(change.record, field))
        for field, (name, write) in _PLAIN[kind].items()
        if names(change, field)
    }
    if kind is RecordKind.DEAL:
        found |= _stage(change)
    fields = {
        f"code:{code}": _coded(code, getattr(change.record, field), known)
        for field, code in CODES[kind].items()
        if names(change, field) and not _is_empty_there(code, getattr(change.record, field), known)
    }
    if names(change, "custom"):
        fields |= {f"{name}": _custom(name, value) for name, value in change.record.custom.items()}
    for name, value in change.extra.items():
        if name.startswith("cf."):
            fields[name] = _custom(name, value)
        else:
            found[name] = value
    if fields:
        found["custom_fields_values"] = list(fields.values())
    return found


def links(kind: RecordKind, change: Change, known: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """What it is to be tied to and is not yet: (plural, id). Nothing is ever untied."""
    return [
        (plural, _number(one))
        for field, plural in LINKS[kind].items()
        if names(change, field)
        for one in getattr(change.record, field)
        if known is None or one not in linked(known, plural)
    ]


def _stage(change: Change) -> Row:
    """A deal that was won or lost moves to the stage that means it, unless a stage is named."""
    if names(change, "stage") or not names(change, "phase"):
        return {}
    phase = getattr(change.record, "phase", None)
    return {"status_id": STAGE_OF_PHASE[phase]} if phase in STAGE_OF_PHASE else {}


def _coded(code: str, value: Any, known: Mapping[str, Any] | None) -> Row:
    values = list(value) if code in MULTI else [value] if value else []
    if code not in MULTI:
        return {"field_code": code, "values": [{"value": one} for one in values] or None}
    return {"field_code": code, "values": [_kept(code, one, known) for one in values] or None}


def _is_empty_there(code: str, value: Any, known: Mapping[str, Any] | None) -> bool:
    """Nothing to be emptied; and an account may not have the field at all, such as an address of contacts."""
    return not value and known is not None and not _values(code, known)


def _kept(code: str, value: str, known: Mapping[str, Any] | None) -> Row:
    """A number or address that is there already stays as people wrote it, with what they said it is for."""
    for one in _values(code, known):
        text = str(one.get("value", ""))
        is_same = (
            same_number(digits(text), digits(value)) if code == "PHONE" else text.lower() == value.lower()
        )
        if is_same:
            return {"value": text, "enum_code": one.get("enum_code") or USUAL_ENUM}
    return {"value": value, "enum_code": USUAL_ENUM}


def _values(code: str, known: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    fields = (known or {}).get("custom_fields_values")
    return [
        each
        for one in (fields if isinstance(fields, list) else [])
        if isinstance(one, Mapping) and one.get("field_code") == code and isinstance(one.get("values"), list)
        for each in one["values"]
        if isinstance(each, Mapping)
    ]


def _custom(name: str, value: Any) -> Row:
    """By number (`cf.14`) or by the field's code; a list is several values, None none."""
    given = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    values = [{"value": one} for one in given if one is not None]
    field: Row = {"field_id": _number(name[3:])} if name.startswith("cf.") else {"field_code": name}
    return field | {"values": values or None}


def _number(text: str) -> int:
    if not is_id(text):
        raise RemoteRejected(_("“%(value)s” is no id of amoCRM.") % {"value": text[:50]})
    return int(text)


def _optional_number(text: str) -> int:
    return _number(text) if text else 0


def _amount(total: Money | None) -> int | float:
    """Whole amounts as whole numbers: older accounts refuse others."""
    amount = total.amount if total else Decimal(0)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _same(value: Any) -> Any:
    return value


_PLAIN: Final[Mapping[RecordKind, Mapping[str, tuple[str, Callable[[Any], Any]]]]] = {
    RecordKind.CONTACT: {
        "name": ("name", _same),
        "first_name": ("first_name", _same),
        "last_name": ("last_name", _same),
        "responsible_id": ("responsible_user_id", _optional_number),
    },
    RecordKind.COMPANY: {
        "name": ("name", _same),
        "responsible_id": ("responsible_user_id", _optional_number),
    },
    RecordKind.DEAL: {
        "title": ("name", _same),
        "total": ("price", _amount),
        "stage": ("status_id", _number),
        "pipeline": ("pipeline_id", _number),
        "responsible_id": ("responsible_user_id", _optional_number),
    },
}
