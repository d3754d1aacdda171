"""Products, their prices, and their stock by warehouse."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from time import monotonic
from typing import Any

from integrations.connectors.ozon.simulator.envelope import Body, invalid, pack, spoiled, stamp, unpack
from integrations.connectors.ozon.simulator.state import Cabinet, Product, Stock
from tenants.simulation import Reply, Request

PRODUCT_FILTER = "offer_id product_id visibility"
TOO_BIG = 1_000_000
PRICE = (
    "offer_id product_id price old_price min_price net_price currency_code auto_action_enabled vat"
    " price_strategy_enabled min_price_for_auto_actions_enabled auto_add_to_ozon_actions_list_enabled quant_size"
)


class Goods:
    """Handlers over the products of one cabinet. One pair of product and warehouse is written once in `pair_seconds`."""

    def __init__(self, cabinet: Cabinet, pair_seconds: float) -> None:
        self._cabinet, self.pair_seconds = cabinet, pair_seconds
        self._written: dict[tuple[int, int], float] = {}

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("POST", "/v3/product/list"): self.product_list,
            ("POST", "/v3/product/info/list"): self.product_info,
            ("POST", "/v4/product/info/stocks"): self.stocks,
            ("POST", "/v2/product/info/stocks-by-warehouse/fbs"): self.by_warehouse,
            ("POST", "/v2/products/stocks"): self.write_stocks,
            ("POST", "/v1/product/import/prices"): self.write_prices,
            ("POST", "/v2/warehouse/list"): self.warehouses,
        }

    def product_list(self, request: Request) -> Reply:
        body = Body.of(request, "filter last_id limit")
        limit = body.whole("limit", 1000, 1, 1000)
        page, total, _more = self._page(body.part("filter", PRODUCT_FILTER), body.text("last_id"), limit)
        items = [
            {
                "product_id": one.id,
                "offer_id": one.offer_id,
                "archived": one.is_archived,
                "has_fbo_stocks": one.id in self._cabinet.fbo_stocks,
                "has_fbs_stocks": any(product == one.id for product, _place in self._cabinet.stocks),
                "is_discounted": False,
                "quants": [],
            }
            for one in page
        ]
        # The last page has a last_id, too; only the empty page after it has none.
        last_id = pack(f"{page[-1].id:020}") if page else ""
        return Reply.json({"result": {"items": items, "total": total, "last_id": last_id}})

    def product_info(self, request: Request) -> Reply:
        body = Body.of(request, "offer_id product_id sku")
        offers, ids, skus = (set(map(str, body.list(name))) for name in ("offer_id", "product_id", "sku"))
        if len(offers) + len(ids) + len(skus) > 1000:
            raise invalid("Request validation error: no more than 1000 ids")
        with self._cabinet.lock:
            found = [
                one
                for one in self._cabinet.products.values()
                if str(one.id) in ids or one.offer_id in offers or str(one.sku) in skus
            ]
            return Reply.json({"items": [self._told(_product(one), str(one.id), "id") for one in found]})

    def stocks(self, request: Request) -> Reply:
        body = Body.of(request, "cursor filter limit")
        limit = body.whole("limit", 1000, 1, 1000)
        page, total, rest = self._page(body.part("filter", PRODUCT_FILTER), body.text("cursor"), limit)
        cursor = pack(f"{page[-1].id:020}") if rest else ""
        items = [
            {"product_id": one.id, "offer_id": one.offer_id, "stocks": self._by_scheme(one)} for one in page
        ]
        return Reply.json({"items": items, "total": total, "cursor": cursor})

    def by_warehouse(self, request: Request) -> Reply:
        body = Body.of(request, "limit cursor sku offer_id")
        limit = body.whole("limit", 100, 1, 1000)
        offers, skus = set(map(str, body.list("offer_id"))), set(map(str, body.list("sku")))
        after = unpack(body.text("cursor"))
        with self._cabinet.lock:
            rows = [
                (f"{product:020} {warehouse:020}", self._warehouse_row(product, warehouse, stock))
                for (product, warehouse), stock in sorted(self._cabinet.stocks.items())
                if self._is_wanted(product, offers, skus)
            ]
        rest = [(place, row) for place, row in rows if place > after]
        page = rest[:limit]
        has_next = len(rest) > limit
        return Reply.json(
            {
                "products": [row for _place, row in page],
                "has_next": has_next,
                "cursor": pack(page[-1][0]) if has_next else "",
            }
        )

    def _is_wanted(self, product_id: int, offers: set[str], skus: set[str]) -> bool:
        product = self._cabinet.products.get(product_id)
        return product is not None and (product.offer_id in offers or str(product.sku) in skus)

    def write_stocks(self, request: Request) -> Reply:
        rows = Body.of(request, "stocks").list("stocks", 100)
        with self._cabinet.lock:
            return Reply.json({"result": [self._write_stock(row) for row in rows]})

    def _write_stock(self, row: Any) -> dict[str, Any]:
        body = Body(row, "offer_id product_id stock warehouse_id quant_size")
        warehouse = body.whole("warehouse_id", 0, 0, 2**63)
        count = body.whole("stock", 0, 0, 2**63)
        product = self._find(body)
        answer: dict[str, Any] = {"warehouse_id": warehouse, "updated": False, "errors": []}
        answer |= {
            "product_id": product.id if product else body.whole("product_id", 0, 0, 2**63),
            "offer_id": body.text("offer_id"),
        }
        error = self._stock_error(product, warehouse, count)
        if error is not None or product is None:
            error = error or ("NOT_FOUND", "offer_id_not_found")
            return answer | {"errors": [{"code": error[0], "message": error[1]}]}
        stock = self._cabinet.stocks.setdefault((product.id, warehouse), Stock(0))
        stock.present = count + stock.reserved
        self._written[product.id, warehouse] = monotonic()
        return answer | {"updated": True}

    def _stock_error(self, product: Product | None, warehouse: int, count: int) -> tuple[str, str] | None:
        if product is None:
            return "NOT_FOUND", "offer_id_not_found"
        if warehouse not in {one.id for one in self._cabinet.warehouses}:
            return "WAREHOUSE_NOT_FOUND", "Warehouse is not found"
        if count >= TOO_BIG:
            return "STOCK_TOO_BIG", "Stock is too big"
        if monotonic() - self._written.get((product.id, warehouse), -1e9) < self.pair_seconds:
            return "TOO_MANY_REQUESTS", "The stock of this product at this warehouse was changed just before"
        return None

    def write_prices(self, request: Request) -> Reply:
        rows = Body.of(request, "prices").list("prices", 1000)
        with self._cabinet.lock:
            return Reply.json({"result": [self._write_price(row) for row in rows]})

    def _write_price(self, row: Any) -> dict[str, Any]:
        body = Body(row, PRICE)
        product = self._find(body)
        answer: dict[str, Any] = {
            "product_id": product.id if product else body.whole("product_id", 0, 0, 2**63)
        }
        answer |= {"offer_id": body.text("offer_id"), "updated": False, "errors": []}
        if product is None:
            return answer | {"errors": [{"code": "product_is_not_created", "message": "product not found"}]}
        price, old = _amount(body, "price", product.price), _amount(body, "old_price", product.old_price)
        if price is None or old is None or price <= 0 or (old and old <= price):
            return answer | {"errors": [{"code": "PRICE_INVALID", "message": "price or old_price is wrong"}]}
        if body.has("currency_code") and body.text("currency_code") != product.currency:
            return answer | {"errors": [{"code": "CURRENCY_INVALID", "message": "another currency is set"}]}
        product.price, product.old_price = price, old
        product.min_price = body.text("min_price", product.min_price)
        return answer | {"updated": True}

    def warehouses(self, request: Request) -> Reply:
        body = Body.of(request, "limit cursor warehouse_ids")
        limit = body.whole("limit", 100, 1, 200)
        after = unpack(body.text("cursor"))
        rest = [one for one in self._cabinet.warehouses if f"{one.id:020}" > after]
        rest.sort(key=lambda one: one.id)
        rows = [{"warehouse_id": one.id, "name": one.name, "status": "created"} for one in rest[:limit]]
        has_next = len(rest) > limit
        cursor = pack(f"{rest[limit - 1].id:020}") if has_next else ""
        return Reply.json({"warehouses": rows, "has_next": has_next, "cursor": cursor})

    def _page(self, wanted: Body, cursor: str, limit: int) -> tuple[list[Product], int, bool]:
        is_archived = wanted.text("visibility", "ALL") == "ARCHIVED"
        offers, ids = set(map(str, wanted.list("offer_id"))), set(map(str, wanted.list("product_id")))
        after = unpack(cursor)
        with self._cabinet.lock:
            all_of_them = [
                one
                for one in sorted(self._cabinet.products.values(), key=lambda one: one.id)
                if (one.offer_id in offers or str(one.id) in ids)
                or (not offers and not ids and one.is_archived is is_archived)
            ]
        rest = [one for one in all_of_them if f"{one.id:020}" > after]
        return rest[:limit], len(all_of_them), len(rest) > limit

    def _by_scheme(self, product: Product) -> list[dict[str, Any]]:
        mine = [stock for (id_, _place), stock in self._cabinet.stocks.items() if id_ == product.id]
        found = (
            {"fbs": Stock(sum(one.present for one in mine), sum(one.reserved for one in mine))}
            if mine
            else {}
        )
        if product.id in self._cabinet.fbo_stocks:
            found["fbo"] = self._cabinet.fbo_stocks[product.id]
        return [
            {"type": scheme, "present": one.present, "reserved": one.reserved, "sku": product.sku}
            for scheme, one in found.items()
        ]

    def _warehouse_row(self, product_id: int, warehouse_id: int, stock: Stock) -> dict[str, Any]:
        product = self._cabinet.products[product_id]
        row = {
            "sku": product.sku,
            "offer_id": product.offer_id,
            "product_id": product_id,
            "present": stock.present,
            "reserved": stock.reserved,
            "free_stock": stock.present - stock.reserved,
            "warehouse_id": warehouse_id,
            "warehouse_name": next(
                (one.name for one in self._cabinet.warehouses if one.id == warehouse_id), ""
            ),
        }
        return self._told(row, f"{product_id}:{warehouse_id}", "product_id", "warehouse_id")

    def _told(self, row: dict[str, Any], id_: str, *kept: str) -> dict[str, Any]:
        return spoiled(row, *kept) if id_ in self._cabinet.broken else row

    def _find(self, body: Body) -> Product | None:
        """The article wins over the id."""
        if body.has("offer_id") and body.text("offer_id"):
            return self._cabinet.by_offer(body.text("offer_id"))
        return self._cabinet.products.get(body.whole("product_id", 0, 0, 2**63))


def _amount(body: Body, name: str, former: Decimal) -> Decimal | None:
    if not body.has(name):
        return former
    try:
        amount = Decimal(body.text(name))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _product(one: Product) -> dict[str, Any]:
    return {
        "id": one.id,
        "offer_id": one.offer_id,
        "name": one.name,
        "price": f"{one.price:.2f}",
        "old_price": f"{one.old_price:.2f}" if one.old_price else "",
        "min_price": one.min_price,
        "currency_code": one.currency,
        "sku": one.sku,
        "barcodes": [f"OZN{one.sku}"],
        "primary_image": [f"https://cdn.example/{one.id}.jpg"],
        "images": [],
        "description_category_id": 17028922,
        "is_archived": one.is_archived,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "statuses": {"status_name": "On sale", "is_created": True},
        "stocks": {"has_stock": True},
    }
