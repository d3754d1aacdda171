"""Products, and how many of them there are."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from integrations.records.base import Money, Record
from integrations.records.kinds import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    """What is sold; a variant with its own article number is a product of its own."""

    kind: ClassVar[RecordKind] = RecordKind.PRODUCT

    name: str = ""
    sku: str = ""
    barcodes: tuple[str, ...] = ()
    price: Money | None = None
    old_price: Decimal | None = None
    category: str = ""
    description: str = ""
    image_urls: tuple[str, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel(Record):
    """How many pieces of one product lie in one warehouse; `outside_id` names the pair."""

    kind: ClassVar[RecordKind] = RecordKind.STOCK

    product_id: str = ""
    sku: str = ""
    warehouse_id: str = ""
    warehouse: str = ""
    quantity: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
