"""The key's roles, the seller, and where notifications go."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from integrations.connectors.ozon.simulator.envelope import Body, invalid, not_found, stamp
from integrations.connectors.ozon.simulator.pushes import Pushes
from integrations.connectors.ozon.simulator.state import Cabinet, Subscription
from tenants.simulation import Reply, Request

DEFAULT_METHODS = (
    "/v4/posting/fbs/list",
    "/v3/posting/fbs/get",
    "/v3/posting/fbo/list",
    "/v2/posting/fbo/get",
    "/v1/returns/list",
    "/v3/product/list",
    "/v3/product/info/list",
    "/v4/product/info/stocks",
    "/v2/product/info/stocks-by-warehouse/fbs",
    "/v2/products/stocks",
    "/v1/product/import/prices",
    "/v2/warehouse/list",
    "/v1/notification/set",
    "/v1/notification/list",
    "/v1/notification/enable",
    "/v1/notification/delete",
)
# These are open to every key.
ALWAYS = ("/v1/roles", "/v1/seller/info")


class Key:
    """What the API key may do, and until when."""

    def __init__(self) -> None:
        self.methods: tuple[str, ...] = DEFAULT_METHODS
        self.expires_at = datetime.now(UTC) + timedelta(days=180)

    def may(self, path: str) -> bool:
        return path in ALWAYS or path in self.methods


class Office:
    """Handlers over the cabinet itself."""

    def __init__(self, cabinet: Cabinet, key: Key, pushes: Pushes) -> None:
        self._cabinet, self._key, self._pushes = cabinet, key, pushes

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("POST", "/v1/roles"): self.roles,
            ("POST", "/v1/seller/info"): self.seller,
            ("POST", "/v1/notification/set"): self.subscribe,
            ("POST", "/v1/notification/list"): self.subscriptions,
            ("POST", "/v1/notification/enable"): self.enable,
            ("POST", "/v1/notification/delete"): self.unsubscribe,
        }

    def roles(self, request: Request) -> Reply:
        Body.of(request, "")
        roles = [{"name": "Switchboard", "methods": [*self._key.methods]}]
        return Reply.json({"expires_at": stamp(self._key.expires_at), "roles": roles})

    def seller(self, request: Request) -> Reply:
        Body.of(request, "")
        company = {
            "name": "Lamps and Tea",
            "legal_name": "Lamps and Tea LLC",
            "currency": "RUB",
            "country": "BY",
        }
        return Reply.json({"company": company})

    def subscribe(self, request: Request) -> Reply:
        body = Body.of(request, "url types")
        self.connect(body.text("url"), tuple(map(str, body.list("types"))))
        return Reply(200)

    def connect(self, url: str, types: tuple[str, ...]) -> Subscription:
        """Pings the URL before it is taken; ApiError says what was wrong with its answer."""
        if not url.startswith(("http://", "https://")) or not types:
            raise invalid("url and types are required")
        problem = self._pushes.ping(url)
        if problem:
            raise invalid(f"url check failed: {problem}")
        with self._cabinet.lock:
            known = next((one for one in self._cabinet.subscriptions.values() if one.url == url), None)
            found = known or Subscription(self._cabinet.number(), url, types)
            found.types, found.is_enabled, found.sent, found.failed = types, True, 0, 0
            self._cabinet.subscriptions[found.id] = found
        return found

    def subscriptions(self, request: Request) -> Reply:
        Body.of(request, "")
        with self._cabinet.lock:
            urls = [
                {
                    "id": one.id,
                    "url": one.url,
                    "enable": one.is_enabled,
                    "created_at": stamp(datetime.now(UTC)),
                    "types": [{"type": type_, "description": ""} for type_ in one.types],
                }
                for one in self._cabinet.subscriptions.values()
            ]
        return Reply.json({"urls": urls})

    def enable(self, request: Request) -> Reply:
        body = Body.of(request, "id enabled")
        with self._cabinet.lock:
            one = self._find(body)
            one.is_enabled, one.sent, one.failed = True, 0, 0
        return Reply(200)

    def unsubscribe(self, request: Request) -> Reply:
        with self._cabinet.lock:
            del self._cabinet.subscriptions[self._find(Body.of(request, "id")).id]
        return Reply(200)

    def _find(self, body: Body) -> Subscription:
        found = self._cabinet.subscriptions.get(body.whole("id", 0, 0, 2**31))
        if found is None:
            raise not_found("notification url not found")
        return found
