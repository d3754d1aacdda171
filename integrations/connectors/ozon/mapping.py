"""Pure functions from Ozon's JSON to our records. A value of a wrong type is no value; an object without its id is none."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from integrations.connectors.ozon.statuses import STATUSES
from integrations.phones import to_e164
from integrations.records import Document, Money, Order, OrderLine, OrderStatus, Product, StockLevel

Row = Mapping[str, Any]
Needed = TypeVar("Needed", str, int, list[Any])
FBO = "fbo"
"""Stands in for the warehouse where the goods lie with Ozon."""
DELIVERED = "delivered"


class Odd(ValueError):
    """An object that is not what Ozon sends: better left alone than stored as if it were empty."""


def text(row: Row, name: str) -> str:
    """Text, or a number as text."""
    value = row.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def part(row: Row, name: str) -> Row:
    """The object under that name, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def amount(value: object) -> Decimal | None:
    """An exact number out of text or a number; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def moment(value: object) -> datetime | None:
    """RFC 3339 in UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def money(row: Row) -> Money | None:
    """The price of a product: an object in lists, text with `currency_code` beside it elsewhere."""
    price = row.get("price")
    if isinstance(price, Mapping):
        found, currency = amount(price.get("amount")), text(price, "currency")
    else:
        found, currency = amount(price), text(row, "currency_code")
    return None if found is None else Money(found, currency)


def order(
    row: Row, product_ids: Mapping[str, str], region: str, returned: Mapping[str, Decimal] | None = None
) -> Order:
    """A posting, of any of the four methods that tell it. One order of a buyer is as many postings as parcels.

    `returned`: how many pieces of each posting came back.
    """
    lines = tuple(_line(each, product_ids) for each in _rows(row, "products"))
    customer, delivery = part(row, "customer"), part(row, "delivery_method")
    status = _needed(row, "status", str)
    _needed(row, "products", list)
    placed = moment(row.get("in_process_at")) or moment(row.get("created_at"))
    return Order(
        outside_id=text(row, "posting_number"),
        created_at=placed,
        number=text(row, "posting_number"),
        status=_status(status, lines, (returned or {}).get(text(row, "posting_number"), Decimal(0))),
        original_status=status,
        total=_total(row, lines),
        lines=lines,
        buyer=text(customer, "name") or text(part(row, "addressee"), "name"),
        phone=_phone(text(customer, "phone") or text(part(row, "addressee"), "phone"), region),
        email=text(customer, "customer_email"),
        address=_address(part(customer, "address")),
        delivery=text(delivery, "name"),
        placed_at=placed,
        ship_by=moment(row.get("shipment_date")),
        cancel_reason=text(part(row, "cancellation"), "cancel_reason"),
        raw=row,
    )


def _status(status: str, lines: tuple[OrderLine, ...], returned: Decimal) -> OrderStatus:
    """A delivered posting of which everything came back is returned; part of it leaves it delivered."""
    if status == DELIVERED and returned and returned >= sum(line.quantity for line in lines):
        return OrderStatus.RETURNED
    return STATUSES.get(status, OrderStatus.UNKNOWN)


def offers(row: Row) -> set[str]:
    """The articles of a posting's goods."""
    return {text(each, "offer_id") for each in _rows(row, "products")} - {""}


def _line(row: Row, product_ids: Mapping[str, str]) -> OrderLine:
    price, quantity = money(row), amount(row.get("quantity")) or Decimal(0)
    return OrderLine(
        name=text(row, "name"),
        quantity=quantity,
        outside_id=text(row, "sku"),
        sku=text(row, "offer_id"),
        product_id=product_ids.get(text(row, "offer_id"), ""),
        price=price.amount if price else None,
        total=price.amount * quantity if price else None,
    )


def _total(row: Row, lines: tuple[OrderLine, ...]) -> Money | None:
    """The sum of the goods; None where one of them has no price or another currency."""
    prices = [money(each) for each in _rows(row, "products")]
    currencies = {price.currency if price else None for price in prices}
    if len(currencies) != 1 or None in currencies:
        return None
    return Money(
        sum((line.total or Decimal(0) for line in lines), Decimal(0)), next(filter(None, currencies), "")
    )


def goods_return(row: Row) -> Document:
    """One product that comes back, or came: a document of the type `return` under its posting's number."""
    goods, state = part(row, "product"), part(row, "visual")
    logistic = part(row, "logistic")
    _needed(row, "posting_number", str)
    return Document(
        outside_id=text(row, "id"),
        created_at=moment(logistic.get("return_date")) or moment(logistic.get("technical_return_moment")),
        updated_at=moment(state.get("change_moment")),
        title=f"{text(goods, 'name')} × {text(goods, 'quantity') or '?'}",
        number=text(row, "posting_number"),
        type="return",
        original_status=text(part(state, "status"), "sys_name"),
        text=text(row, "return_reason_name"),
        raw=row,
    )


def product(row: Row) -> Product:
    """`sku` is the seller's own article; Ozon's number on the site is in `raw`."""
    old = amount(row.get("old_price"))
    site = text(row, "sku")
    images = [*_texts(row.get("primary_image")), *_texts(row.get("images"))]
    return Product(
        outside_id=text(row, "id"),
        created_at=moment(row.get("created_at")),
        updated_at=moment(row.get("updated_at")),
        url=f"https://www.ozon.ru/product/{site}/" if site not in ("", "0") else "",
        name=_needed(row, "name", str),
        sku=_needed(row, "offer_id", str),
        barcodes=tuple(_texts(row.get("barcodes"))),
        price=money(row),
        # Nothing and 0 are how Ozon says that there is none.
        old_price=old or None,
        category=text(row, "description_category_id"),
        image_urls=tuple(dict.fromkeys(images)),
        is_active=row.get("is_archived") is not True,
        raw=row,
    )


def warehouse_level(row: Row) -> StockLevel:
    """FBS stock of one product in one warehouse. `present` counts the reserved pieces, too."""
    product_id, warehouse_id = text(row, "product_id"), text(row, "warehouse_id")
    return StockLevel(
        outside_id=stock_id(product_id, warehouse_id),
        product_id=product_id,
        sku=text(row, "offer_id"),
        warehouse_id=warehouse_id,
        warehouse=text(row, "warehouse_name"),
        quantity=Decimal(_needed(row, "present", int)),
        reserved=Decimal(_needed(row, "reserved", int)),
        raw=row,
    )


def ozon_levels(row: Row) -> list[StockLevel]:
    """What lies in Ozon's own warehouses, as one sum: the API has no better."""
    product_id = text(row, "product_id")
    return [
        StockLevel(
            outside_id=stock_id(product_id, FBO),
            product_id=product_id,
            sku=text(row, "offer_id"),
            warehouse_id=FBO,
            warehouse="Ozon",
            quantity=Decimal(_needed(each, "present", int)),
            reserved=Decimal(_needed(each, "reserved", int)),
            raw={**each, "product_id": product_id, "offer_id": text(row, "offer_id")},
        )
        for each in _rows(row, "stocks")
        if text(each, "type").lower() == FBO and product_id
    ]


def has_own_stock(row: Row) -> bool:
    """Whether any of the product lies, or lay, in the seller's warehouses."""
    return any(text(each, "type").lower() != FBO for each in _rows(row, "stocks"))


def stock_id(product_id: str, warehouse_id: str) -> str:
    """A pair's name; empty when one of the two is missing."""
    return f"{product_id}:{warehouse_id}" if product_id and warehouse_id else ""


def _needed(row: Row, name: str, kind: type[Needed]) -> Needed:
    value = row.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Odd(_("“%(field)s” is not what it should be.") % {"field": name})
    return value


def _rows(row: Row, name: str) -> list[Row]:
    found = row.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def _phone(written: str, region: str) -> str:
    return to_e164(written, region) or written


def _address(row: Row) -> str:
    whole = text(row, "address_tail")
    parts = (text(row, name) for name in ("zip_code", "country", "region", "city", "district"))
    return whole or ", ".join(filter(None, parts))
