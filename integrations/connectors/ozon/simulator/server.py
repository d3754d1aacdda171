"""The simulated Ozon Seller: who may ask, how often, and what answers."""

import argparse
import hmac
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from integrations.connectors.ozon.simulator.cabinet import Key, Office
from integrations.connectors.ozon.simulator.desk import Desk
from integrations.connectors.ozon.simulator.envelope import (
    EXHAUSTED,
    FORBIDDEN,
    UNAUTHENTICATED,
    ApiError,
    not_found,
)
from integrations.connectors.ozon.simulator.goods import Goods
from integrations.connectors.ozon.simulator.orders import Orders
from integrations.connectors.ozon.simulator.pushes import Pushes
from integrations.connectors.ozon.simulator.returned import Returned
from integrations.connectors.ozon.simulator.screen import snapshot
from integrations.connectors.ozon.simulator.state import DEFAULT_PRODUCTS, Product, stocked
from integrations.connectors.ozon.simulator.stirring import stirs
from tenants.simulation import Action, BaseSimulator, Kind, RateLimit, Reply, Request, Routes

DEFAULT_CLIENT_ID = "15"
DEFAULT_API_KEY = "simulator-key"
PER_SECOND = 50
PAIR_SECONDS = 30.0
# Switched off one after the other; what they answer is not documented, the refusal names what to use.
GONE = {
    "/v2/product/list": "/v3/product/list",
    "/v1/product/import/stocks": "/v2/products/stocks",
    "/v3/posting/fbs/list": "/v4/posting/fbs/list",
    "/v3/posting/fbs/unfulfilled/list": "/v4/posting/fbs/unfulfilled/list",
    "/v2/posting/fbo/list": "/v3/posting/fbo/list",
    "/v1/warehouse/list": "/v2/warehouse/list",
}


class Simulator(BaseSimulator):
    """A seller's cabinet at one Client-Id with one API key."""

    name: ClassVar[str] = "ozon"
    title: ClassVar[str] = "Ozon Seller"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        client_id: str = DEFAULT_CLIENT_ID,
        api_key: str = DEFAULT_API_KEY,
        products: Iterable[Product] = DEFAULT_PRODUCTS,
        limits_rate: bool = True,
    ) -> None:
        super().__init__(host=host, port=port)
        self.client_id, self.api_key, self.limits_rate = client_id, api_key, limits_rate
        self._first_products = tuple(products)
        self.cabinet = stocked(products, self.clock.now())
        self.cabinet.clock = self.clock
        self.key = Key()
        self.pushes = Pushes(self.cabinet, int(client_id), self.outbox)
        self.goods = Goods(self.cabinet, PAIR_SECONDS if limits_rate else 0.0)
        self.office = Office(self.cabinet, self.key, self.pushes)
        self.desk = Desk(self.cabinet, self.pushes, self.office)
        self._all = RateLimit(PER_SECOND)
        self._limits = {
            "/v2/products/stocks": RateLimit(80, 60),
            "/v2/warehouse/list": RateLimit(1, 60),
            "/v3/posting/fbs/get": RateLimit(2),
        }
        rooms = (Orders(self.cabinet), Returned(self.cabinet), self.goods, self.office)
        self._routes = Routes({path: handler for room in rooms for path, handler in room.routes().items()})

    def respond(self, request: Request) -> Reply:
        try:
            self._authenticate(request)
            self._pace(request)
            return self._handle(request)
        except ApiError as error:
            return error.reply()

    def _handle(self, request: Request) -> Reply:
        if request.path in GONE:
            raise not_found(f"method is deprecated and switched off, use {GONE[request.path]}")
        handler = self._routes.find(request)
        if handler is None:
            raise not_found("404 page not found")
        if not self.key.may(request.path):
            raise ApiError(FORBIDDEN, "Api-Key is missing a required role for the method", 403)
        return handler()

    def _authenticate(self, request: Request) -> None:
        client_id, key = request.header("client-id"), request.header("api-key")
        if not client_id or not key:
            raise ApiError(UNAUTHENTICATED, "Client-Id and Api-Key headers are required", 401)
        is_right = hmac.compare_digest(key.encode(), self.api_key.encode()) and client_id == self.client_id
        if not is_right:
            raise ApiError(FORBIDDEN, "Invalid Api-Key, please check the key and try again", 403)
        if self.key.expires_at <= self.clock.now():
            raise ApiError(FORBIDDEN, "Api-Key is deactivated, use another one or generate a new one", 403)

    def _pace(self, request: Request) -> None:
        if not self.limits_rate:
            return
        own = self._limits.get(request.path)
        if not self._all.admit() or (own is not None and not own.admit()):
            raise ApiError(EXHAUSTED, "You have reached request rate limit per second", 429)

    def excess(self, request: Request) -> Reply:
        return ApiError(EXHAUSTED, "You have reached request rate limit per second", 429).reply()

    def refusal(self, request: Request) -> Reply:
        return ApiError(
            FORBIDDEN, "Api-Key is deactivated, use another one or generate a new one", 403
        ).reply()

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return stirs(self.cabinet)

    # What it shows.

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "client_id": self.client_id, "api_key": self.api_key}

    def snapshot(self, language: str) -> dict[str, Any]:
        return snapshot(self.cabinet)

    def actions(self) -> dict[str, Action]:
        return {
            "order": self.desk.order,
            "next": self.desk.move_on,
            "cancel": self.desk.cancel,
            "return": self.desk.bring_back,
            "stock": self.desk.take_stock,
            "connect": self.desk.connect,
            "disconnect": self.desk.disconnect,
        }

    def reset(self) -> None:
        """As it was at the start; where notifications go is forgotten, too."""
        fresh = stocked(self._first_products, self.clock.now())
        with self.cabinet.lock:
            for name in ("products", "stocks", "fbo_stocks", "postings", "returns"):
                mine = getattr(self.cabinet, name)
                mine.clear()
                mine.update(getattr(fresh, name))
            self.cabinet.subscriptions.clear()
            self.cabinet.pushes.clear()
            self.cabinet.broken.clear()
        super().reset()

    # How it is started.

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--client-id", default=DEFAULT_CLIENT_ID, help="the Client-Id, a number (default: %(default)s)"
        )
        parser.add_argument(
            "--api-key", default=DEFAULT_API_KEY, help="the key that it accepts (default: %(default)s)"
        )
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="answer any number of requests a second"
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        if not options["client_id"].isdecimal():
            raise ValueError("--client-id: a number")
        return cls(
            host=options["host"],
            port=options["port"],
            client_id=options["client_id"],
            api_key=options["api_key"],
            limits_rate=not options["no_rate_limit"],
        )
