"""Pure functions from Planfix's contacts and tasks to our records."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.html import strip_tags

from integrations.live import Live
from integrations.phones import to_e164
from integrations.records import Company, Contact, Deal, DealPhase, Money, Record, RecordKind

Row = Mapping[str, Any]

CONTACT, TASK = "contact", "task"
WHAT: Final = {RecordKind.CONTACT: CONTACT, RecordKind.COMPANY: CONTACT, RecordKind.DEAL: TASK}
"""What a kind of ours is there: companies are contacts that say so, deals are tasks of one template."""
_PERSON = (
    "id,name,midname,lastname,phones,email,additionalEmailAddresses,address,description,supervisors,isCompany"
)
FIELDS: Final = {
    CONTACT: f"{_PERSON},position,site,companies,isDeleted,dateOfLastUpdate",
    TASK: "id,name,description,status,template,counterparty,assignees,dateTime,isDeleted,dateOfLastUpdate",
}
CUSTOM: Final = "cf."


class Unreadable(ValueError):
    """The row is not what Planfix documents."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What of the account and of its settings matters to reading."""

    base_url: str
    region: str
    zone: tzinfo
    amount_field: str = ""
    key_field: str = ""
    currency: str = ""
    won: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()

    @classmethod
    def of(cls, live: Live) -> "Reading":
        settings = live.settings
        return cls(
            base_url=str(settings["url"]),
            region=live.phone_region,
            zone=ZoneInfo(str(settings.get("zone") or live.timezone)),
            amount_field=str(settings.get("amount_field") or ""),
            key_field=str(settings.get("key_field") or ""),
            currency=str(settings.get("currency") or ""),
            won=_numbers(settings.get("won_statuses")),
            lost=_numbers(settings.get("lost_statuses")),
        )


def record(kind: RecordKind, row: Row, reading: Reading) -> Record:
    """One object in our words; Unreadable when it cannot be one."""
    number = text(row.get("id"))
    if not number.isdecimal():
        raise Unreadable("an object without an id")
    wrong = [name for name, kinds in _SHAPES.items() if name in row and not isinstance(row[name], kinds)]
    if wrong:
        raise Unreadable(", ".join(wrong))
    custom = custom_values(row)
    if kind is not RecordKind.DEAL:
        custom.pop(CUSTOM + reading.key_field, None)  # ours, and news to nobody
    shared: dict[str, Any] = {
        "outside_id": number,
        "updated_at": moment(row.get("dateOfLastUpdate"), reading.zone),
        "url": f"{reading.base_url}/{WHAT[kind]}/{number}",
        "custom": custom,
        "raw": {**row, **custom},
    }
    if kind is RecordKind.DEAL:
        return _deal(row, shared, custom, reading)
    shared |= {
        "phones": _phones(row, reading.region),
        "emails": _emails(row),
        "responsible_id": first_person(row.get("supervisors"), "user"),
        "address": text(row.get("address")),
        "comment": plain(row.get("description")),
    }
    return _company(row, shared) if kind is RecordKind.COMPANY else _contact(row, shared)


def _contact(row: Row, shared: dict[str, Any]) -> Contact:
    first, middle, last = (text(row.get(name)) for name in ("name", "midname", "lastname"))
    return Contact(
        **shared,
        name=" ".join(part for part in (first, middle, last) if part),
        first_name=first,
        middle_name=middle,
        last_name=last,
        company_ids=tuple(_ids(row.get("companies"))),
        position=text(row.get("position")),
    )


def _company(row: Row, shared: dict[str, Any]) -> Company:
    return Company(**shared, name=text(row.get("name")), website=text(row.get("site")))


def _deal(row: Row, shared: dict[str, Any], custom: Mapping[str, Any], reading: Reading) -> Deal:
    status = row.get("status")
    stage = text(status.get("id")) if isinstance(status, Mapping) else ""
    template = row.get("template")
    return Deal(
        **shared,
        created_at=moment(row.get("dateTime"), reading.zone),
        title=text(row.get("name")),
        total=_money(custom.get(CUSTOM + reading.amount_field), reading.currency),
        pipeline=text(template.get("id")) if isinstance(template, Mapping) else "",
        stage=stage,
        stage_title=text(status.get("name")) if isinstance(status, Mapping) else "",
        phase=DealPhase.WON
        if stage in reading.won
        else DealPhase.LOST
        if stage in reading.lost
        else DealPhase.OPEN,
        contact_ids=tuple(_ids([row.get("counterparty")])),
        responsible_id=first_person(row.get("assignees"), "user"),
        comment=plain(row.get("description")),
    )


def custom_values(row: Row) -> dict[str, Any]:
    """The account's own fields that have a value, by their numbers: `cf.36`."""
    fields = row.get("customFieldData")
    found: dict[str, Any] = {}
    for one in fields if isinstance(fields, list) else []:
        field = one.get("field") if isinstance(one, Mapping) else None
        number = text(field.get("id")) if isinstance(field, Mapping) else ""
        if number and one.get("value") not in (None, "", []):
            found[CUSTOM + number] = one["value"]
    return found


def moment(value: object, zone: tzinfo) -> datetime | None:
    """`{"datetime": "2025-06-10T14:00Z", …}`; what says no offset is in the employee's zone."""
    written = value.get("datetime") if isinstance(value, Mapping) else None
    if not isinstance(written, str) or not written:
        return None
    try:
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def first_person(people: object, prefix: str) -> str:
    """The number of the first employee of `{"users": [{"id": "user:5"}], …}`."""
    users = people.get("users") if isinstance(people, Mapping) else None
    for one in users if isinstance(users, list) else []:
        kind, _sign, number = text(one.get("id") if isinstance(one, Mapping) else "").rpartition(":")
        if kind in ("", prefix) and number.isdecimal():
            return number
    return ""


def _ids(values: object) -> Iterable[str]:
    """`7` and `contact:7` are the same contact; employees are none."""
    for one in values if isinstance(values, list) else []:
        kind, _sign, number = text(one.get("id") if isinstance(one, Mapping) else "").rpartition(":")
        if kind in ("", CONTACT) and number.isdecimal():
            yield number


def _phones(row: Row, region: str) -> tuple[str, ...]:
    """Planfix keeps digits."""
    rows = row.get("phones")
    found = [
        text(one.get("number"))
        for one in (rows if isinstance(rows, list) else [])
        if isinstance(one, Mapping)
    ]
    return tuple(dict.fromkeys(to_e164(one, region) or one for one in found if one))


def _emails(row: Row) -> tuple[str, ...]:
    more = row.get("additionalEmailAddresses")
    found = [row.get("email"), *(more if isinstance(more, list) else [])]
    return tuple(dict.fromkeys(one for one in map(text, found) if one))


def _money(value: object, currency: str) -> Money | None:
    if value in (None, "") or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return Money(amount, currency) if amount.is_finite() else None


def plain(value: object) -> str:
    """Descriptions are HTML."""
    return html.unescape(strip_tags(text(value).replace("<br>", "\n").replace("<br />", "\n"))).strip()


def text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _numbers(listed: object) -> frozenset[str]:
    return frozenset(part for part in str(listed or "").split(",") if part)


_NOTHING = type(None)
_SHAPES: Final[Mapping[str, tuple[type, ...]]] = {
    "name": (str, _NOTHING),
    "phones": (list, _NOTHING),
    "supervisors": (dict, _NOTHING),
    "assignees": (dict, _NOTHING),
    "status": (dict, _NOTHING),
}
