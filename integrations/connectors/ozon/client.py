"""The methods of Ozon's Seller API that we use, in the versions of November 2026. All of them are POST."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.ozon.manifest import POSTING, STOCKS, WAREHOUSES
from integrations.http.client import ApiClient
from integrations.http.messages import Request, Response
from integrations.http.status import retry_after
from tenants.errors import AuthFailed, HubError, RateLimited, RemoteRejected

Json = dict[str, Any]
BLOCKED_SECONDS = 180.0
"""`Circle is open` blocks a method for minutes; how many is not documented."""
MOST_NESTED = 200
MOST_RETURNS = 200


class NotThere(RemoteRejected):
    """Ozon itself says so; a 404 of somebody between us says nothing."""


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell: why, in Ozon's words, and whether the body is an answer at all."""
    if response.status >= 500 or response.status in (408, 425, 503):
        return None
    if response.status < 300:
        return _unreadable(response)
    message = _message(response)
    detail = f"HTTP {response.status}: {message}"
    if response.status in (401, 403):
        text = _("Ozon refused the key: %(why)s") % {"why": message or response.status}
        return AuthFailed(text, detail=detail)
    if response.status == 429:
        pause = retry_after(response) or (BLOCKED_SECONDS if "circle is open" in message.lower() else None)
        return RateLimited(_("Ozon asks us to slow down."), detail=detail, retry_after=pause)
    if 400 <= response.status < 500:
        return _rejected(response.status, message, detail) if message else _unreadable(response)
    return None


def _rejected(status: int, message: str, detail: str) -> RemoteRejected:
    kind = NotThere if status == 404 else RemoteRejected
    return kind(_("Ozon rejected the request: %(why)s") % {"why": message}, detail=detail)


def inspect_status(response: Response) -> HubError | None:
    """For methods whose success has no body."""
    return None if response.status < 300 else inspect(response)


def _unreadable(response: Response) -> HubError | None:
    try:
        response.json_object()
    except HubError as error:
        return error
    return None


def _message(response: Response) -> str:
    try:
        return str(response.json_object().get("message") or "")[:500]
    except HubError:
        return ""  # a proxy's page: the status has to do


class Ozon:
    """One method for each route; answers are the parsed objects."""

    def __init__(self, http: ApiClient, client_id: str) -> None:
        http.inspect = inspect
        self._http, self._headers = http, {"Client-Id": client_id}

    def roles(self) -> Json:
        """Which methods the key may call, and when it expires."""
        return self._read("/v1/roles", "roles", {})

    def seller(self) -> Json:
        return self._read("/v1/seller/info", "seller", {}, is_optional=True)

    def fbs_postings(self, wanted: Json, cursor: str, limit: int) -> Json:
        return self._postings("/v4/posting/fbs/list", wanted, cursor, limit)

    def fbo_postings(self, wanted: Json, cursor: str, limit: int) -> Json:
        return self._postings("/v3/posting/fbo/list", wanted, cursor, limit)

    def fbs_posting(self, number: str) -> Json | None:
        return self._posting("/v3/posting/fbs/get", number, POSTING)

    def fbo_posting(self, number: str) -> Json | None:
        return self._posting("/v2/posting/fbo/get", number, "")

    def returns(
        self, wanted: Json, last_id: int, limit: int = MOST_RETURNS, *, is_optional: bool = False
    ) -> Json:
        """Returns by FBS and FBO, by their ids upwards."""
        body = {"filter": wanted, "limit": limit, "last_id": last_id}
        return self._read("/v1/returns/list", "returns", body, is_optional=is_optional)

    def products(self, visibility: str, last_id: str, limit: int) -> Json:
        wanted = {"filter": {"visibility": visibility}, "last_id": last_id, "limit": limit}
        return _part(self._read("/v3/product/list", "products", wanted), "result")

    def product_details(self, *, is_optional: bool = False, **ids: Sequence[str]) -> list[Json]:
        """Up to 1000 products, by `product_id`, `offer_id` or `sku`."""
        wanted = {name: [*values] for name, values in ids.items()}
        path = "/v3/product/info/list"
        return rows(self._read(path, "product details", wanted, is_optional=is_optional), "items")

    def stocks(self, cursor: str, limit: int, **ids: Sequence[str]) -> Json:
        """Sums by scheme."""
        wanted = {"visibility": "ALL", **{name: [*values] for name, values in ids.items()}}
        return self._read(
            "/v4/product/info/stocks", "stocks", {"filter": wanted, "cursor": cursor, "limit": limit}
        )

    def warehouse_stocks(self, offer_ids: Sequence[str], cursor: str, limit: int) -> Json:
        """FBS stock, one row for each product and warehouse. The largest page is not documented; 500 is kept to."""
        body = {"offer_id": [*offer_ids], "cursor": cursor, "limit": limit}
        return self._read("/v2/product/info/stocks-by-warehouse/fbs", "stocks by warehouse", body)

    def warehouses(self) -> list[Json]:
        """All warehouses of the seller; not more than once a minute."""
        found: list[Json] = []
        cursor = ""
        for _page in range(MOST_NESTED):
            body = {"limit": 200, "cursor": cursor}
            answer = self._read("/v2/warehouse/list", "warehouses", body, bucket=WAREHOUSES, is_optional=True)
            found += rows(answer, "warehouses")
            cursor = str(answer.get("cursor") or "")
            if not answer.get("has_next") or not cursor:
                break
        return found

    def write_stocks(self, stocks: Sequence[Json]) -> list[Json]:
        """Up to 100 pairs of product and warehouse. The amount is absolute, so a repetition does no harm."""
        answer = self._read(
            "/v2/products/stocks", "write stocks", {"stocks": [*stocks]}, bucket=STOCKS, attempts=1
        )
        return rows(answer, "result")

    def write_prices(self, prices: Sequence[Json]) -> list[Json]:
        """Up to 1000 products. The price is absolute, so a repetition does no harm."""
        answer = self._read("/v1/product/import/prices", "write prices", {"prices": [*prices]}, attempts=1)
        return rows(answer, "result")

    def notification_urls(self) -> list[Json]:
        return rows(self._read("/v1/notification/list", "notification URLs", {}), "urls")

    def set_notifications(self, url: str, types: Sequence[str]) -> None:
        self._say("/v1/notification/set", "set notifications", {"url": url, "types": [*types]})

    def enable_notifications(self, id_: int) -> None:
        self._say("/v1/notification/enable", "enable notifications", {"id": id_, "enabled": True})

    def delete_notifications(self, id_: int) -> None:
        self._say("/v1/notification/delete", "delete notifications", {"id": id_})

    def _postings(self, path: str, wanted: Json, cursor: str, limit: int) -> Json:
        body = {"filter": wanted, "limit": limit, "cursor": cursor, "sort_dir": "ASC"}
        return self._read(path, "postings", body)

    def _posting(self, path: str, number: str, bucket: str) -> Json | None:
        try:
            answer = self._read(path, "posting", {"posting_number": number}, bucket=bucket)
        except NotThere:
            return None
        return _part(answer, "result")

    def _read(
        self,
        path: str,
        operation: str,
        body: Mapping[str, Any],
        *,
        bucket: str = "",
        attempts: int = 3,
        is_optional: bool = False,
    ) -> Json:
        return self._http.call(
            Request(
                method="POST",
                path=path,
                operation=operation,
                headers=self._headers,
                json=body,
                bucket=bucket,
                repeat=Repeat.ALWAYS,
                attempts=attempts,
                is_optional=is_optional,
            )
        ).json_object()

    def _say(self, path: str, operation: str, body: Mapping[str, Any]) -> None:
        """A call whose success has no body. Saying it twice leaves things as they are."""
        self._http.inspect = inspect_status
        try:
            request = Request(
                method="POST",
                path=path,
                operation=operation,
                headers=self._headers,
                json=body,
                repeat=Repeat.ALWAYS,
                attempts=2,
            )
            self._http.call(request)
        finally:
            self._http.inspect = inspect


def rows(answer: Mapping[str, Any], name: str) -> list[Json]:
    """The objects of a list; whatever else is in it is left out."""
    found = answer.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _part(answer: Mapping[str, Any], name: str) -> Json:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}
