"""Postings: lists by FBS (v4) and FBO (v3), and one by its number."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from integrations.connectors.ozon.simulator.envelope import (
    Body,
    invalid,
    not_found,
    pack,
    spoiled,
    stamp,
    unpack,
)
from integrations.connectors.ozon.simulator.state import Cabinet, Posting
from tenants.simulation import Reply, Request

LARGEST_PAGE = 100
LONGEST_PERIOD = timedelta(days=366)
LIST = "filter limit cursor sort_dir with translit"
FBS_FILTER = "since to statuses last_changed_status_date warehouse_ids order_id order_numbers provider_ids delivery_method_ids"
FBO_FILTER = "since to statuses order_numbers posting_numbers"
WITH = "analytics_data financial_data barcodes legal_info"


class Orders:
    """Handlers over the postings of one cabinet."""

    def __init__(self, cabinet: Cabinet) -> None:
        self._cabinet = cabinet

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("POST", "/v4/posting/fbs/list"): self.fbs_list,
            ("POST", "/v3/posting/fbo/list"): self.fbo_list,
            ("POST", "/v3/posting/fbs/get"): self.fbs_get,
            ("POST", "/v2/posting/fbo/get"): self.fbo_get,
        }

    def fbs_list(self, request: Request) -> Reply:
        body = Body.of(request, LIST)
        wanted = body.part("filter", FBS_FILTER)
        changed = wanted.part("last_changed_status_date", "from to")
        begin, end = changed.time("from"), changed.time("to")

        numbers = set(wanted.list("order_numbers", 50))

        def fits(posting: Posting) -> bool:
            return (
                (not numbers or posting.order_number in numbers)
                and (begin is None or posting.changed_at >= begin)
                and (end is None or posting.changed_at <= end)
            )

        return self._list(body, wanted, "fbs", fits)

    def fbo_list(self, request: Request) -> Reply:
        body = Body.of(request, LIST)
        wanted = body.part("filter", FBO_FILTER)
        numbers = set(wanted.list("posting_numbers", 50))
        return self._list(body, wanted, "fbo", lambda posting: not numbers or posting.number in numbers)

    def _list(self, body: Body, wanted: Body, scheme: str, fits: Callable[[Posting], bool]) -> Reply:
        limit = body.whole("limit", 100, 1, LARGEST_PAGE)
        body.part("with", WITH)
        since, to = _period(wanted)
        statuses = set(wanted.list("statuses"))
        after = unpack(body.text("cursor"))
        with self._cabinet.lock:
            found = [
                posting
                for posting in self._cabinet.postings.values()
                if posting.scheme == scheme
                and since <= posting.in_process_at <= to
                and (not statuses or posting.status in statuses)
                and fits(posting)
                and _place(posting) > after
            ]
            found.sort(key=_place)
            page = found[:limit]
            rows = [self._listed(posting) for posting in page]
        has_next = len(found) > limit
        cursor = pack(_place(page[-1])) if has_next else ""
        return Reply.json({"postings": rows, "has_next": has_next, "cursor": cursor})

    def fbs_get(self, request: Request) -> Reply:
        return self._get(Body.of(request, "posting_number with translit"), "fbs")

    def fbo_get(self, request: Request) -> Reply:
        return self._get(Body.of(request, "posting_number with translit"), "fbo")

    def _get(self, body: Body, scheme: str) -> Reply:
        number = body.text("posting_number")
        with self._cabinet.lock:
            posting = self._cabinet.postings.get(number)
            if posting is None or posting.scheme != scheme:
                raise not_found(f"posting {number[:60]} not found")
            row = self._row(posting)
            # One posting has its prices as text, lists have them as objects.
            for product in row["products"]:
                price = product.pop("price")
                product |= {"price": price["amount"], "currency_code": price["currency"]}
        return Reply.json({"result": self._as_told(row)})

    def _listed(self, posting: Posting) -> dict[str, Any]:
        return self._as_told(self._row(posting))

    def _as_told(self, row: dict[str, Any]) -> dict[str, Any]:
        is_broken = row["posting_number"] in self._cabinet.broken
        return spoiled(row, "posting_number") if is_broken else row

    def _row(self, posting: Posting) -> dict[str, Any]:
        row: dict[str, Any] = {
            "posting_number": posting.number,
            "order_id": int(posting.order_number.partition("-")[0] or 0),
            "order_number": posting.order_number,
            "status": posting.status,
            "substatus": "",
            "in_process_at": stamp(posting.in_process_at),
            "products": [self._item(posting, item) for item in posting.items],
            "cancellation": {
                "cancel_reason": posting.cancel_reason,
                "cancellation_type": "client" if posting.cancel_reason else "",
                "cancelled_after_ship": False,
            },
        }
        return row | (self._fbs(posting) if posting.scheme == "fbs" else {"created_at": row["in_process_at"]})

    def _fbs(self, posting: Posting) -> dict[str, Any]:
        name = next((one.name for one in self._cabinet.warehouses if one.id == posting.warehouse_id), "")
        customer = {"name": posting.buyer, "phone": posting.phone, "address": {"city": "Minsk"}}
        return {
            "shipment_date": stamp(posting.in_process_at + timedelta(days=1)),
            "delivering_date": None,
            "delivery_method": {
                "id": posting.warehouse_id + 1,
                "name": f"Ozon Logistics, {name}",
                "warehouse_id": posting.warehouse_id,
                "warehouse": name,
            },
            "tracking_number": "",
            # Buyers are told only to those who deliver themselves.
            "customer": customer if posting.buyer else None,
            "addressee": None,
        }

    def _item(self, posting: Posting, item: Any) -> dict[str, Any]:
        product = self._cabinet.by_offer(item.offer_id)
        return {
            "sku": product.sku if product else 0,
            "offer_id": item.offer_id,
            "name": product.name if product else item.offer_id,
            "quantity": item.quantity,
            "price": {"amount": f"{item.price:.4f}", "currency": posting.currency},
        }


def _place(posting: Posting) -> str:
    return f"{stamp(posting.in_process_at)} {posting.number}"


def _period(wanted: Body) -> tuple[datetime, datetime]:
    since, to = wanted.time("since"), wanted.time("to")
    if since is None or to is None:
        raise invalid("Request validation error: filter.since and filter.to are required")
    if to < since or to - since > LONGEST_PERIOD:
        raise invalid("PERIOD_IS_TOO_LONG")
    return since, to
