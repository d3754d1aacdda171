"""Pure functions between RetailCRM's customers and orders and our records. Times are wall clock in the account's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from integrations.connectors.retailcrm.mapping import DATE_FORMAT
from integrations.phones import digits, to_e164
from integrations.records import Company, Contact, Money, Order, OrderLine, OrderStatus

Row = Mapping[str, Any]
# The groups that every account begins with. Statuses are the account's own, and so are groups beyond these.
GROUPS = {
    "new": OrderStatus.NEW,
    "approval": OrderStatus.CONFIRMED,
    "assembling": OrderStatus.ASSEMBLING,
    "delivery": OrderStatus.SHIPPED,
    "complete": OrderStatus.DELIVERED,
    "cancel": OrderStatus.CANCELLED,
}
CONTACT_FIELDS = {
    "first_name": "firstName",
    "last_name": "lastName",
    "middle_name": "patronymic",
}
ORDER_FIELDS = {
    "number": "number",
    "email": "email",
    "comment": "managerComment",
    "cancel_reason": "statusComment",
}


class Odd(ValueError):
    """An object that is not what RetailCRM sends: better left alone than stored as if it were empty."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an account's values mean: its zone and address, and the country of numbers without one."""

    zone: ZoneInfo
    region: str
    url: str
    statuses: Mapping[str, OrderStatus]


def contact(row: Row, place: Place) -> Contact:
    """A customer. Empty values are left out of RetailCRM's answers altogether."""
    parts = [_text(row, name) for name in ("lastName", "firstName", "patronymic")]
    email = _text(row, "email")
    return Contact(
        outside_id=_id(row),
        created_at=_moment(row.get("createdAt"), place.zone),
        url=f"{place.url}/customers/{_id(row)}",
        name=" ".join(filter(None, parts)),
        last_name=parts[0],
        first_name=parts[1],
        middle_name=parts[2],
        phones=tuple(dict.fromkeys(_phone(number, place) for number in numbers(row))),
        emails=(email,) if email else (),
        responsible_id=_text(row, "managerId"),
        address=_text(_part(row, "address"), "text"),
        custom=_part(row, "customFields"),
        raw=row,
    )


def company(row: Row, place: Place) -> Company:
    """A corporate customer. Its legal entities are objects of their own; the number of the main one is told where it comes along."""
    entities = sorted(_rows(row, "companies"), key=lambda one: one.get("isMain") is not True)
    main = entities[0] if entities else {}
    return Company(
        outside_id=_id(row),
        created_at=_moment(row.get("createdAt"), place.zone),
        url=f"{place.url}/customers-corporate/{_id(row)}",
        name=_text(row, "nickName") or _text(_part(row, "mainCompany"), "name"),
        tax_number=_text(_part(main, "contragent"), "INN"),
        responsible_id=_text(row, "managerId"),
        address=_text(_part(row, "mainAddress"), "name"),
        custom=_part(row, "customFields"),
        raw=row,
    )


def order(row: Row, place: Place) -> Order:
    """An order with its lines."""
    status = _text(row, "status")
    customer, delivery = _part(row, "customer"), _part(row, "delivery")
    is_company = _text(customer, "type") == "customer_corporate"
    customer_ids = (_text(customer, "id"),) if _text(customer, "id") else ()
    # Of a corporate customer's order, `contact` is the person.
    person = _text(_part(row, "contact"), "id")
    total = _amount(row.get("totalSumm"))
    phone = _text(row, "phone")
    return Order(
        outside_id=_id(row),
        created_at=_moment(row.get("createdAt"), place.zone),
        url=f"{place.url}/orders/{_id(row)}/edit",
        number=_text(row, "number"),
        status=place.statuses.get(status, OrderStatus.UNKNOWN),
        original_status=status,
        total=None if total is None else Money(total, _text(row, "currency")),
        delivery_cost=_amount(delivery.get("cost")),
        is_paid=True if _text(row, "fullPaidAt") else None,
        lines=tuple(_line(each) for each in _rows(row, "items")),
        contact_ids=((person,) if person else ()) if is_company else customer_ids,
        company_ids=customer_ids if is_company else (),
        responsible_id=_text(row, "managerId"),
        buyer=" ".join(filter(None, (_text(row, name) for name in ("lastName", "firstName", "patronymic")))),
        phone=_phone(phone, place) if phone else "",
        email=_text(row, "email"),
        address=_text(_part(delivery, "address"), "text"),
        delivery=_text(delivery, "code"),
        placed_at=_moment(row.get("createdAt"), place.zone),
        cancel_reason=_text(row, "statusComment"),
        comment=_text(row, "managerComment"),
        custom=_part(row, "customFields"),
        raw=row,
    )


def statuses(rows: list[Row] | list[dict[str, Any]]) -> dict[str, OrderStatus]:
    """The account's statuses by the groups that they are in; those of its own groups are unknown."""
    return {_text(row, "code"): GROUPS.get(_text(row, "group"), OrderStatus.UNKNOWN) for row in rows}


def numbers(row: Row) -> list[str]:
    """The telephone numbers as they are written there."""
    return [number for each in _rows(row, "phones") if (number := _text(each, "number"))]


def customer_data(record: Contact, fields: frozenset[str], former: Row, extra: Row) -> dict[str, Any]:
    """What to send. Whether `phones` replaces theirs or is added is not documented, so theirs are sent along."""
    found: dict[str, Any] = {
        theirs: getattr(record, ours) for ours, theirs in CONTACT_FIELDS.items() if ours in fields
    }
    if "name" in fields and not fields & CONTACT_FIELDS.keys() - {"middle_name"}:
        found["firstName"] = record.name
    if "phones" in fields:
        known = numbers(former)
        news = [one for one in record.phones if digits(one) not in map(digits, known)]
        found["phones"] = [{"number": one} for one in (*known, *news)]
    if "emails" in fields:
        found["email"] = record.emails[0] if record.emails else ""
    if "address" in fields:
        found["address"] = {"text": record.address}
    return _finished(found, record, fields, extra)


def company_data(record: Company, fields: frozenset[str], extra: Row) -> dict[str, Any]:
    """What to send. Address and legal entity with a new one only: later they are objects of their own there."""
    found: dict[str, Any] = {"nickName": record.name} if "name" in fields else {}
    if not record.outside_id:
        if "address" in fields and record.address:
            found["addresses"] = [{"text": record.address}]
        if record.tax_number:
            entity = {"contragentType": "legal-entity", "INN": record.tax_number}
            found["companies"] = [{"name": record.name, "isMain": True, "contragent": entity}]
    return _finished(found, record, fields, extra)


def order_data(record: Order, fields: frozenset[str], place: Place, extra: Row) -> dict[str, Any]:
    """What to send. Goods only with a new order: whether a list of them replaces theirs is not documented."""
    found: dict[str, Any] = {
        theirs: getattr(record, ours) for ours, theirs in ORDER_FIELDS.items() if ours in fields
    }
    if "buyer" in fields:
        found["firstName"] = record.buyer
    if "phone" in fields:
        found["phone"] = digits(record.phone)
    if fields & {"status", "original_status"} and (code := status_code(record, place)):
        found["status"] = code
    if "company_ids" in fields and record.company_ids and record.company_ids[0].isdecimal():
        found["customer"] = {"id": int(record.company_ids[0]), "type": "customer_corporate"}
    elif "contact_ids" in fields and record.contact_ids and record.contact_ids[0].isdecimal():
        found["customer"] = {"id": int(record.contact_ids[0])}
    if "address" in fields:
        found["delivery"] = {"address": {"text": record.address}}
    if not record.outside_id and "lines" in fields:
        found["items"] = [_item(line) for line in record.lines]
    return _finished(found, record, fields, extra)


def status_code(record: Order, place: Place) -> str:
    """Their own code where it means what ours says, else the first one of theirs that does."""
    if place.statuses.get(record.original_status) is record.status:
        return record.original_status
    fitting = (code for code, status in place.statuses.items() if status is record.status)
    return next(fitting, "") if record.status is not OrderStatus.UNKNOWN else ""


def _finished(
    found: dict[str, Any], record: Contact | Company | Order, fields: frozenset[str], extra: Row
) -> dict[str, Any]:
    if "responsible_id" in fields and record.responsible_id.isdecimal():
        found["managerId"] = int(record.responsible_id)
    if "custom" in fields and record.custom:
        found["customFields"] = dict(record.custom)
    for name, value in extra.items():
        group, dot, code = name.partition(".")
        if dot:
            found[group] = {**found.get(group, {}), code: value}
        else:
            found[name] = value
    is_new = not record.outside_id
    return {name: value for name, value in found.items() if not is_new or value not in ("", None, {}, [])}


def _line(row: Row) -> OrderLine:
    offer = _part(row, "offer")
    price, discount = _amount(row.get("initialPrice")), _amount(row.get("discountTotal")) or Decimal(0)
    quantity = _amount(row.get("quantity")) or Decimal(0)
    paid = None if price is None else price - discount
    return OrderLine(
        name=_text(offer, "displayName") or _text(offer, "name") or _text(row, "productName"),
        quantity=quantity,
        outside_id=_text(row, "id"),
        sku=_text(offer, "article") or _text(offer, "externalId"),
        product_id=_text(offer, "id"),
        price=paid,
        total=None if paid is None else paid * quantity,
    )


def _item(line: OrderLine) -> dict[str, Any]:
    quantity = (
        int(line.quantity) if line.quantity == line.quantity.to_integral_value() else float(line.quantity)
    )
    item: dict[str, Any] = {"productName": line.name, "quantity": quantity}
    if line.product_id.isdecimal():
        item["offer"] = {"id": int(line.product_id)}
    return item | ({} if line.price is None else {"initialPrice": float(line.price)})


def _id(row: Row) -> str:
    found = _text(row, "id")
    if not found:
        raise Odd(_("It has no identifier."))
    return found


def _text(row: Row, name: str) -> str:
    """Text, or a number as text; Odd for anything else that is there."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Odd(_("“%(field)s” is not what it should be.") % {"field": name})
    return str(value)


def _part(row: Row, name: str) -> Row:
    """The object under that name. Empty ones come as lists, as PHP has it."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _rows(row: Row, name: str) -> list[Row]:
    value = row.get(name)
    found = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, Mapping)]


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value, DATE_FORMAT).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _phone(written: str, place: Place) -> str:
    return to_e164(written, place.region) or written
