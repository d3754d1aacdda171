"""Pure functions between objects of the CRM (`crm.item.*`) and our records."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.connectors.bitrix24.mapping import page
from integrations.records import Company, Contact, Deal, DealPhase, Money, Record, RecordKind

LEAD, DEAL, CONTACT, COMPANY = 1, 2, 3, 4
ENTITIES: Mapping[RecordKind, tuple[int, ...]] = {
    RecordKind.CONTACT: (CONTACT,),
    RecordKind.COMPANY: (COMPANY,),
    RecordKind.DEAL: (LEAD, DEAL),
}
"""Which of their objects a kind of ours consists of, in the order in which they are read."""
PREFIXES = {LEAD: "lead:", DEAL: "deal:"}
PATHS = {LEAD: "lead", DEAL: "deal", CONTACT: "contact", COMPANY: "company"}
PHASES = {"S": DealPhase.WON, "F": DealPhase.LOST}

Item = Mapping[str, Any]
Titles = Mapping[str, str]
"""Code of a stage -> its name."""


def outside_id(entity: int, item_id: object) -> str:
    """Leads and deals are one kind of ours with ids of two series, so theirs say which."""
    return f"{PREFIXES.get(entity, '')}{item_id}"


def entity_of(kind: RecordKind, outside: str) -> tuple[int, str] | None:
    """Which object that id means; None when it cannot be one of theirs."""
    for entity in ENTITIES.get(kind, ()):
        prefix = PREFIXES.get(entity, "")
        number = outside.removeprefix(prefix)
        if outside.startswith(prefix) and number.isascii() and number.isdecimal() and len(number) <= 18:
            return entity, number
    return None


def record(entity: int, item: Item, portal: str, titles: Titles) -> Record:
    """One object in our words; ValueError when it has no id."""
    number = _text(item.get("id"))
    if not number:
        raise ValueError("an object without an id")
    shared = {
        "outside_id": outside_id(entity, number),
        "created_at": moment(item.get("createdTime")),
        "updated_at": moment(item.get("updatedTime")),
        "url": page(portal, PATHS[entity], number),
        "custom": {name: value for name, value in item.items() if name.startswith("ufCrm")},
        "raw": dict(item),
    }
    return _READERS[entity](item, shared, titles)


def moment(value: object) -> datetime | None:
    """ISO 8601 with the portal's offset, in UTC; empty ones come as null, as text or as an empty object."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _contact(item: Item, shared: dict[str, Any], titles: Titles) -> Contact:
    first, middle, last = (_text(item.get(name)) for name in ("name", "secondName", "lastName"))
    return Contact(
        **shared,
        name=" ".join(part for part in (first, middle, last) if part),
        first_name=first,
        middle_name=middle,
        last_name=last,
        phones=_multifield(item, "PHONE"),
        emails=_multifield(item, "EMAIL"),
        company_ids=_ids(item, "companyIds", "companyId"),
        responsible_id=_id(item.get("assignedById")),
        position=_text(item.get("post")),
        address=_text(item.get("address")),
        comment=_text(item.get("comments")),
    )


def _company(item: Item, shared: dict[str, Any], titles: Titles) -> Company:
    return Company(
        **shared,
        name=_text(item.get("title")),
        phones=_multifield(item, "PHONE"),
        emails=_multifield(item, "EMAIL"),
        website=next(iter(_multifield(item, "WEB")), ""),
        responsible_id=_id(item.get("assignedById")),
        comment=_text(item.get("comments")),
    )


def _sale(is_lead: bool) -> Callable[[Item, dict[str, Any], Titles], Deal]:
    def read(item: Item, shared: dict[str, Any], titles: Titles) -> Deal:
        stage, phase = _text(item.get("stageId")), PHASES.get(_text(item.get("stageSemanticId")))
        is_closed = phase is not None
        return Deal(
            **shared,
            title=_text(item.get("title")),
            is_lead=is_lead,
            total=_money(item),
            pipeline="" if is_lead else _text(item.get("categoryId")),
            stage=stage,
            stage_title=titles.get(stage, ""),
            phase=phase or DealPhase.OPEN,
            contact_ids=_ids(item, "contactIds", "contactId"),
            company_ids=_ids(item, "companyIds", "companyId"),
            responsible_id=_id(item.get("assignedById")),
            source=_text(item.get("sourceId")),
            closed_at=moment(item.get("dateClosed" if is_lead else "closedate")) if is_closed else None,
            comment=_text(item.get("comments")),
        )

    return read


_READERS: Mapping[int, Callable[[Item, dict[str, Any], Titles], Record]] = {
    LEAD: _sale(is_lead=True),
    DEAL: _sale(is_lead=False),
    CONTACT: _contact,
    COMPANY: _company,
}


def _money(item: Item) -> Money | None:
    """`opportunity` is a JSON number: its shortest text is what somebody entered."""
    value = item.get("opportunity")
    if value in (None, "") or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return Money(amount, _text(item.get("currencyId"))) if amount.is_finite() else None


def _multifield(item: Item, type_id: str) -> tuple[str, ...]:
    rows = item.get("fm")
    rows = rows if isinstance(rows, list) else []
    values = [
        _text(row.get("value")) for row in rows if isinstance(row, Mapping) and row.get("typeId") == type_id
    ]
    return tuple(dict.fromkeys(value for value in values if value))


def _ids(item: Item, several: str, one: str) -> tuple[str, ...]:
    """The list where the object has one; else the single field, in which 0 is nobody."""
    found = item.get(several)
    values = found if isinstance(found, list) and found else [item.get(one)]
    return tuple(dict.fromkeys(text for value in values if (text := _id(value))))


def _id(value: object) -> str:
    text = _text(value)
    return "" if text == "0" else text


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
