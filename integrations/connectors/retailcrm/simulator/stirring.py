"""What people change in the account's lists while somebody reads them."""

from collections.abc import Callable

from integrations.connectors.retailcrm.simulator.shop import Shop
from tenants.simulation import Kind, Request


def stirs(shop: Shop) -> dict[Kind, Callable[[Request], object]]:
    """Customers or orders, whichever a request is about."""

    def insert(request: Request) -> None:
        shop.create(_kind(request), {"firstName": "Anna"}, is_ours=False)

    def remove(request: Request) -> None:
        for number in _first(shop, request):
            shop.remove(_kind(request), number)

    def move(request: Request) -> None:
        for number in _first(shop, request):
            shop.change(_kind(request), number, {"managerId": 19}, is_ours=False)

    return {Kind.INSERTED: insert, Kind.REMOVED: remove, Kind.MOVED: move}


def _kind(request: Request) -> str:
    return "orders" if "/orders" in request.path else "customers"


def _first(shop: Shop, request: Request) -> list[int]:
    with shop.account.lock:
        return list(shop.shelf(_kind(request)).rows)[:1]
