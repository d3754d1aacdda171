"""What happens in the cabinet's lists while somebody reads them."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from integrations.connectors.ozon.simulator.state import Cabinet, Item, Product
from tenants.simulation import Kind, Request

FIRST_ID = 223_690_000


def stirs(cabinet: Cabinet) -> dict[Kind, Callable[[Request], object]]:
    """Postings or products, whichever a request is about."""

    def insert(request: Request) -> None:
        with cabinet.lock:
            if _is_about_postings(request):
                product = next(iter(cabinet.products.values()))
                items = [Item(product.offer_id, 1, product.price)]
                cabinet.new_posting("fbs", items, cabinet.clock.now(), "awaiting_packaging")
            else:
                number = FIRST_ID + cabinet.number()
                cabinet.products[number] = Product(number, f"NEW-{number}", "New", Decimal("10.00"))

    def remove(request: Request) -> None:
        rows = cabinet.postings if _is_about_postings(request) else cabinet.products
        with cabinet.lock:
            for key in list(rows)[:1]:
                rows.pop(key)  # type: ignore[call-overload]  # of the mapping that it comes from
            for pair in [one for one in cabinet.stocks if one[0] not in cabinet.products]:
                del cabinet.stocks[pair]

    def move(request: Request) -> None:
        with cabinet.lock:
            if _is_about_postings(request):
                for posting in list(cabinet.postings.values())[:1]:
                    posting.status, posting.changed_at = "cancelled", cabinet.clock.now()
            else:
                for product in list(cabinet.products.values())[:1]:
                    # Behind the others: lists have them in the order in which they were taken up.
                    del cabinet.products[product.id]
                    cabinet.products[product.id] = replace(product, price=product.price + 1)

    return {Kind.INSERTED: insert, Kind.REMOVED: remove, Kind.MOVED: move}


def _is_about_postings(request: Request) -> bool:
    return "/posting/" in request.path
