"""What the simulated cabinet holds: products, warehouses, stock, postings, and where notifications go."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tenants.simulation import Clock

KEPT = 2_000


@dataclass
class Product:
    """`id` is Ozon's product_id, `sku` its number on the site, `offer_id` the seller's own article."""

    id: int
    offer_id: str
    name: str
    price: Decimal
    old_price: Decimal = Decimal(0)
    currency: str = "RUB"
    is_archived: bool = False
    created_at: datetime = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
    updated_at: datetime = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
    min_price: str = ""

    @property
    def sku(self) -> int:
        return self.id + 1_000_000


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse of the seller."""

    id: int
    name: str


@dataclass
class Stock:
    """`present` counts the reserved ones, too."""

    present: int
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A position of a posting."""

    offer_id: str
    quantity: int
    price: Decimal


@dataclass
class Posting:
    """One parcel. `scheme` is fbs (sent by the seller) or fbo (sent by Ozon)."""

    number: str
    scheme: str
    status: str
    in_process_at: datetime
    changed_at: datetime
    items: tuple[Item, ...]
    warehouse_id: int = 0
    cancel_reason: str = ""
    buyer: str = ""
    phone: str = ""
    currency: str = "RUB"

    @property
    def order_number(self) -> str:
        return self.number.rpartition("-")[0]


@dataclass
class Return:
    """One product of a posting that comes back. `type` is ClientReturn, Cancellation, …"""

    id: int
    posting_number: str
    offer_id: str
    quantity: int
    changed_at: datetime
    type: str = "ClientReturn"
    status: str = "MovingToSeller"
    reason: str = "Does not fit"


@dataclass(frozen=True, slots=True)
class Push:
    """One notification and its answer; a status of 0 means that there was none. `problem` is Ozon's own word for it."""

    type: str
    body: dict[str, object]
    status: int
    answer: str
    problem: str = ""


@dataclass
class Subscription:
    """A URL for notifications."""

    id: int
    url: str
    types: tuple[str, ...]
    is_enabled: bool = True
    sent: int = 0
    failed: int = 0


DEFAULT_WAREHOUSES = (Warehouse(22142605386000, "Minsk"), Warehouse(18850503335000, "Moscow"))
DEFAULT_PRODUCTS = (
    Product(223681945, "LAMP-01", "Desk lamp, white", Decimal("1990.00"), Decimal("2490.00")),
    Product(223681946, "LAMP-02", "Desk lamp, black", Decimal("1990.00")),
    Product(223681947, "CUP-350", "Cup, 350 ml", Decimal("390.50"), Decimal("450.00")),
    Product(223681948, "TEA-100", "Green tea, 100 g", Decimal("249.00")),
    Product(223681949, "OLD-1", "Kettle of last year", Decimal("2990.00"), is_archived=True),
)


@dataclass
class Cabinet:
    """The seller's cabinet. Whoever changes more than one thing holds `lock`."""

    products: dict[int, Product] = field(default_factory=dict)
    warehouses: tuple[Warehouse, ...] = DEFAULT_WAREHOUSES
    stocks: dict[tuple[int, int], Stock] = field(default_factory=dict)
    fbo_stocks: dict[int, Stock] = field(default_factory=dict)
    postings: dict[str, Posting] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Ids whose objects come out with values of wrong types."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: int = 0
    clock: Clock = field(default_factory=Clock)

    def by_offer(self, offer_id: str) -> Product | None:
        with self.lock:
            return next((one for one in self.products.values() if one.offer_id == offer_id), None)

    def number(self) -> int:
        with self.lock:
            self.numbers += 1
            return self.numbers

    def new_posting(self, scheme: str, items: Iterable[Item], at: datetime, status: str) -> Posting:
        """A posting as a buyer makes one."""
        with self.lock:
            warehouse = self.warehouses[0].id if self.warehouses and scheme == "fbs" else 0
            number = f"{57_195_000 + self.number():08}-{len(self.postings) % 10_000:04}-1"
            posting = Posting(number, scheme, status, at, at, tuple(items), warehouse)
            self.postings[number] = posting
            return posting


def bring_back(cabinet: Cabinet, posting: Posting, at: datetime, quantity: int = 0) -> list[Return]:
    """A buyer returns a posting, or so many pieces of each of its products."""
    with cabinet.lock:
        new = [
            Return(1_000_000 + cabinet.number(), posting.number, item.offer_id, quantity or item.quantity, at)
            for item in posting.items
        ]
        cabinet.returns |= {one.id: one for one in new}
        return new


def stocked(products: Iterable[Product], now: datetime) -> Cabinet:
    """A cabinet with those products, some stock, and a few postings on their way."""
    cabinet = Cabinet(products={one.id: one for one in products})
    for place, product in enumerate(cabinet.products.values()):
        if product.is_archived:
            continue
        for warehouse in cabinet.warehouses:
            cabinet.stocks[product.id, warehouse.id] = Stock(10 + place, place % 3)
        if place % 2 == 0:
            cabinet.fbo_stocks[product.id] = Stock(40, 1)
    on_sale = [one for one in cabinet.products.values() if not one.is_archived]
    statuses = ("delivered", "delivering", "awaiting_deliver", "awaiting_packaging")
    for place, status in enumerate(statuses if on_sale else ()):
        product = on_sale[place % len(on_sale)]
        scheme = "fbo" if place == 1 else "fbs"
        at = now - timedelta(hours=30 - 8 * place)
        cabinet.new_posting(scheme, [Item(product.offer_id, 1 + place % 2, product.price)], at, status)
    return cabinet
