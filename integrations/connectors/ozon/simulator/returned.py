"""Returns of both schemes, as one list by their ids."""

from collections.abc import Callable
from typing import Any

from integrations.connectors.ozon.simulator.envelope import Body, spoiled, stamp
from integrations.connectors.ozon.simulator.state import Cabinet, Return
from tenants.simulation import Reply, Request

LARGEST_PAGE = 500
MOST_POSTINGS = 50
PERIODS = "logistic_return_date storage_tariffication_start_date visual_status_change_moment"
FILTER = (
    f"{PERIODS} order_id posting_numbers product_name offer_id visual_status_name warehouse_id barcode"
    " return_schema compensation_status_id"
)


class Returned:
    """The handler over the returns of one cabinet."""

    def __init__(self, cabinet: Cabinet) -> None:
        self._cabinet = cabinet

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {("POST", "/v1/returns/list"): self.list}

    def list(self, request: Request) -> Reply:
        body = Body.of(request, "filter limit last_id")
        wanted = body.part("filter", FILTER)
        changed = wanted.part("visual_status_change_moment", "time_from time_to")
        begin, end = changed.time("time_from"), changed.time("time_to")
        numbers = set(wanted.list("posting_numbers", MOST_POSTINGS))
        limit = body.whole("limit", 0, 1, LARGEST_PAGE)
        last_id = body.whole("last_id", 0, 0, 2**62)
        with self._cabinet.lock:
            found = [
                one
                for _id, one in sorted(self._cabinet.returns.items())
                if one.id > last_id
                and (not numbers or one.posting_number in numbers)
                and (begin is None or one.changed_at >= begin)
                and (end is None or one.changed_at <= end)
            ]
            rows = [self._told(one) for one in found[:limit]]
        return Reply.json({"returns": rows, "has_next": len(found) > limit})

    def _told(self, one: Return) -> dict[str, Any]:
        row = self._row(one)
        return spoiled(row, "id") if str(one.id) in self._cabinet.broken else row

    def _row(self, one: Return) -> dict[str, Any]:
        product = self._cabinet.by_offer(one.offer_id)
        posting = self._cabinet.postings.get(one.posting_number)
        price = {"currency_code": "RUB", "price": float(product.price) if product else 0.0}
        warehouse = self._cabinet.warehouses[0] if self._cabinet.warehouses else None
        place = {"id": warehouse.id, "name": warehouse.name, "address": "Minsk"} if warehouse else None
        return {
            "id": one.id,
            "exemplars": [{"id": one.id + 1}],
            "return_reason_name": one.reason,
            "type": one.type,
            "schema": "Fbo" if posting and posting.scheme == "fbo" else "Fbs",
            "order_number": one.posting_number.rpartition("-")[0],
            "posting_number": one.posting_number,
            "place": place,
            "target_place": place,
            "product": {
                "sku": product.sku if product else 0,
                "offer_id": one.offer_id,
                "name": product.name if product else one.offer_id,
                "price": price,
                "quantity": one.quantity,
            },
            "logistic": {"return_date": stamp(one.changed_at), "technical_return_moment": None},
            "visual": {
                "status": {"id": 1, "display_name": one.status, "sys_name": one.status},
                "change_moment": stamp(one.changed_at),
            },
        }
