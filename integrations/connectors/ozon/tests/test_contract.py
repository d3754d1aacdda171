"""Ozon keeps the contracts of connectors and of records."""

from decimal import Decimal
from typing import Any

from integrations.capabilities import Records
from integrations.connectors.ozon.simulator import Posting, Product, Simulator
from integrations.connectors.ozon.simulator.state import Item, Stock, bring_back
from integrations.records import RecordKind, StockLevel
from integrations.tests.written_records_contract import WrittenRecordsContract

WAREHOUSE = 22142605386000
FIRST_ID = 500_000_000


class TestContract(WrittenRecordsContract):
    code = "ozon"
    bad_credentials = {"api_key": "a-wrong-key-0123456789"}
    has_users = False
    record_kinds = (RecordKind.ORDER, RecordKind.DOCUMENT, RecordKind.PRODUCT, RecordKind.STOCK)
    written_kinds = (RecordKind.STOCK,)
    changed_kinds = (RecordKind.PRODUCT,)
    creates_once = True

    def make_simulator(self, user_count: int) -> Simulator:
        return Simulator(products=(), limits_rate=False)

    def settings_for(self, simulator: Any) -> dict[str, Any]:
        return {"url": simulator.url, "client_id": simulator.client_id, "warehouse_id": str(WAREHOUSE)}

    def credentials_for(self, simulator: Any) -> dict[str, Any]:
        return {"api_key": simulator.api_key}

    def probe(self, session):
        session.require(Records).read(RecordKind.PRODUCT)

    def put_records(self, simulator, kind, count, at):
        return [_PUT[kind](simulator.cabinet, at) for _number in range(count)]

    def touch_record(self, simulator, kind, outside_id, at):
        if kind is RecordKind.ORDER:
            simulator.cabinet.postings[outside_id].changed_at = at
        if kind is RecordKind.DOCUMENT:
            simulator.cabinet.returns[int(outside_id)].changed_at = at

    def remove_record(self, simulator, kind, outside_id):
        cabinet = simulator.cabinet
        if kind is RecordKind.ORDER:
            del cabinet.postings[outside_id]
        elif kind is RecordKind.DOCUMENT:
            del cabinet.returns[int(outside_id)]
        elif kind is RecordKind.PRODUCT:
            del cabinet.products[int(outside_id)]
        else:
            product, warehouse = map(int, outside_id.split(":"))
            del cabinet.stocks[product, warehouse]

    def break_record(self, simulator, kind, outside_id):
        simulator.cabinet.broken.add(outside_id)

    def count_records(self, simulator, kind):
        return len(simulator.cabinet.stocks)

    def records_path(self, kind):
        return "/v"

    def new_record(self, simulator, kind, number):
        product = make_product(simulator.cabinet)
        return StockLevel(
            product_id=str(product.id),
            sku=product.offer_id,
            warehouse_id=str(WAREHOUSE),
            warehouse="Minsk",
            quantity=Decimal(5 + number),
        )

    def change_of(self, kind):
        return {"quantity": Decimal(77)}

    def extra_of(self, simulator, kind):
        return "free_stock", 31


def make_product(cabinet, **values) -> Product:
    number = cabinet.number()
    product = Product(FIRST_ID + number, f"ART-{number}", f"Lamp {number}", Decimal(1990), **values)
    cabinet.products[product.id] = product
    return product


def make_posting(cabinet, at, scheme="fbs", status="awaiting_packaging", **values) -> Posting:
    """With one lamp, for which there is a product once and for all."""
    product = cabinet.by_offer("LAMP") or Product(1, "LAMP", "Lamp", Decimal("1990.00"))
    cabinet.products[product.id] = product
    posting = cabinet.new_posting(scheme, [Item(product.offer_id, 2, product.price)], at, status)
    for name, value in values.items():
        setattr(posting, name, value)
    return posting


def _put_product(cabinet, at):
    return str(make_product(cabinet).id)


def _put_stock(cabinet, at):
    product = make_product(cabinet)
    cabinet.stocks[product.id, WAREHOUSE] = Stock(12, 2)
    return f"{product.id}:{WAREHOUSE}"


def _put_return(cabinet, at):
    [found] = bring_back(cabinet, make_posting(cabinet, at, status="delivered"), at)
    return str(found.id)


_PUT = {
    RecordKind.DOCUMENT: _put_return,
    RecordKind.ORDER: lambda cabinet, at: make_posting(cabinet, at).number,
    RecordKind.PRODUCT: _put_product,
    RecordKind.STOCK: _put_stock,
}
