"""Pure functions from our records to what `crm.item.add` and `crm.item.update` take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.capabilities import Change
from integrations.connectors.bitrix24.objects import COMPANY, CONTACT, DEAL, LEAD
from integrations.records import Company, Contact, Deal, Record

ORIGINATOR = "switchboard"

Fields = dict[str, Any]
_Writer = Callable[[Any], Any]


def entity_for(record: Record) -> int:
    """Of which kind of theirs a new object is."""
    if isinstance(record, Deal):
        return LEAD if record.is_lead else DEAL
    return COMPANY if isinstance(record, Company) else CONTACT


def new_fields(change: Change, entity: int) -> Fields:
    """All that is known, and the mark by which the object is found again when the same change comes twice."""
    fields = {name: value for name, value in _fields(change, entity).items() if value not in (None, "", [])}
    return fields | {"originatorId": ORIGINATOR, "originId": change.key}


def changed_fields(change: Change, entity: int, current: Mapping[str, Any]) -> Fields:
    """What differs. Of telephone numbers and addresses only those that are missing: an update can only add to them."""
    fields = _fields(change, entity)
    if "fm" in fields:
        fields["fm"] = missing(fields["fm"], current.get("fm"))
        if not fields["fm"]:
            del fields["fm"]
    return fields


def missing(wanted: Sequence[Mapping[str, str]], current: Any) -> list[Mapping[str, str]]:
    """The wanted ones that the object does not have, telephone numbers compared by their digits."""
    rows = current if isinstance(current, list) else []
    known = {_comparable(row) for row in rows if isinstance(row, Mapping)}
    return [row for row in wanted if _comparable(row) not in known]


def writes_multifields(change: Change, entity: int) -> bool:
    return "fm" in _fields(change, entity)


def _fields(change: Change, entity: int) -> Fields:
    wanted = change.fields
    writers = _WRITERS[entity]
    fields: Fields = {}
    for name, (target, write) in writers.items():
        if not wanted or name in wanted:
            fields[target] = write(change.record)
    rows = _multifields(change.record, wanted)
    if rows:
        fields["fm"] = rows
    if "opportunity" in fields:
        fields |= _amount(change.record)
    return fields | dict(change.extra)


def _amount(record: Record) -> Fields:
    """An amount that is entered stays, where positions of the deal would make another one."""
    total = getattr(record, "total", None)
    if total is None:
        return {"opportunity": 0, "isManualOpportunity": "N"}
    amount: Fields = {"opportunity": str(total.amount), "isManualOpportunity": "Y"}
    return amount | {"currencyId": total.currency} if total.currency else amount


def _multifields(record: Record, wanted: frozenset[str]) -> list[dict[str, str]]:
    if not isinstance(record, Contact | Company):
        return []
    values: list[tuple[str, str, Sequence[str]]] = [
        ("phones", "PHONE", record.phones),
        ("emails", "EMAIL", record.emails),
    ]
    if isinstance(record, Company):
        values.append(("website", "WEB", [record.website] if record.website else []))
    return [
        {"typeId": type_id, "valueType": "WORK", "value": value}
        for name, type_id, found in values
        if not wanted or name in wanted
        for value in found
    ]


def _comparable(row: Mapping[str, Any]) -> tuple[str, str]:
    type_id, value = str(row.get("typeId", "")), str(row.get("value", ""))
    if type_id == "PHONE":
        return type_id, "".join(char for char in value if char in "0123456789")
    return type_id, value.strip().lower()


def _attribute(name: str) -> _Writer:
    return lambda record: getattr(record, name)


def _number(name: str) -> _Writer:
    """A reference; ids that are not theirs are left out."""
    return lambda record: _as_id(getattr(record, name))


def _numbers(name: str) -> _Writer:
    return lambda record: [found for value in getattr(record, name) if (found := _as_id(value)) is not None]


def _first_number(name: str) -> _Writer:
    return lambda record: next(iter(_numbers(name)(record)), None)


def _as_id(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 18 else None


def _last_name(record: Contact) -> str:
    """Where only the whole name is known, it is the last name: Bitrix24 would make one up otherwise."""
    return record.last_name or ("" if record.first_name else record.name)


_SALE: Mapping[str, tuple[str, _Writer]] = {
    "title": ("title", _attribute("title")),
    "stage": ("stageId", lambda record: record.stage or None),
    "total": ("opportunity", _attribute("total")),
    "contact_ids": ("contactIds", _numbers("contact_ids")),
    "company_ids": ("companyId", _first_number("company_ids")),
    "responsible_id": ("assignedById", _number("responsible_id")),
    "source": ("sourceId", lambda record: record.source or None),
    "comment": ("comments", _attribute("comment")),
}
_WRITERS: Mapping[int, Mapping[str, tuple[str, _Writer]]] = {
    CONTACT: {
        "first_name": ("name", _attribute("first_name")),
        "middle_name": ("secondName", _attribute("middle_name")),
        "last_name": ("lastName", _last_name),
        "company_ids": ("companyIds", _numbers("company_ids")),
        "responsible_id": ("assignedById", _number("responsible_id")),
        "position": ("post", _attribute("position")),
        "comment": ("comments", _attribute("comment")),
    },
    COMPANY: {
        "name": ("title", _attribute("name")),
        "responsible_id": ("assignedById", _number("responsible_id")),
        "comment": ("comments", _attribute("comment")),
    },
    LEAD: _SALE,
    DEAL: {**_SALE, "pipeline": ("categoryId", _number("pipeline"))},
}
