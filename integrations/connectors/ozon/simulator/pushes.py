"""Notifications to the seller's URL, and what Ozon thinks of the answers."""

import json
from datetime import datetime
from functools import partial
from typing import Any

import requests

from integrations.connectors.ozon.simulator.envelope import stamp
from integrations.connectors.ozon.simulator.state import KEPT, Cabinet, Posting, Push, Subscription
from tenants.simulation import Outbox

TIMEOUT_SECONDS = 5.0
ENOUGH_TO_JUDGE = 4
# The words of notifications for the statuses of the API.
STATES = {
    "awaiting_packaging": "posting_created",
    "awaiting_deliver": "posting_transferring_to_delivery",
    "delivering": "posting_on_way_to_city",
    "delivered": "posting_delivered",
    "cancelled": "posting_canceled",
}


class Pushes:
    """Sends what happened to every enabled URL that wants it; nothing is signed."""

    def __init__(self, cabinet: Cabinet, seller_id: int, outbox: Outbox) -> None:
        self._cabinet, self.seller_id, self._outbox = cabinet, seller_id, outbox

    def ping(self, url: str) -> str:
        """What is wrong with the answer, in Ozon's word; empty when nothing is."""
        push = self._post(url, {"message_type": "TYPE_PING", "time": stamp(self._cabinet.clock.now())})
        return push.problem

    def new_posting(self, posting: Posting) -> None:
        self._tell(
            "TYPE_NEW_POSTING",
            posting,
            in_process_at=stamp(posting.in_process_at),
            products=self._items(posting),
        )

    def moved(self, posting: Posting, old: str) -> None:
        """Cancelled ones have a type of their own."""
        state, at = STATES[posting.status], stamp(posting.changed_at)
        if posting.status == "cancelled":
            reason = {"id": 352, "message": posting.cancel_reason}
            self._tell(
                "TYPE_POSTING_CANCELLED",
                posting,
                products=self._items(posting),
                old_state=STATES[old],
                new_state=state,
                changed_state_date=at,
                reason=reason,
            )
        else:
            self._tell("TYPE_STATE_CHANGED", posting, new_state=state, changed_state_date=at)

    def stock_changed(
        self, product_id: int, sku: int, warehouse_id: int, present: int, reserved: int
    ) -> None:
        stocks = [{"warehouse_id": warehouse_id, "present": present, "reserved": reserved}]
        item = {
            "product_id": product_id,
            "sku": sku,
            "updated_at": stamp(self._cabinet.clock.now()),
            "stocks": stocks,
        }
        self.tell("TYPE_STOCKS_CHANGED", {"items": [item]})

    def tell(self, type_: str, data: dict[str, Any]) -> list[Push]:
        """Any notification, to all who want its type."""
        body = {"message_type": type_, **data, "seller_id": self.seller_id}
        with self._cabinet.lock:
            wanted = [
                one for one in self._cabinet.subscriptions.values() if one.is_enabled and type_ in one.types
            ]
        return [self._deliver(one, body) for one in wanted]

    def _tell(self, type_: str, posting: Posting, **data: Any) -> None:
        if posting.scheme == "fbs":
            self.tell(type_, {"posting_number": posting.number, **data, "warehouse_id": posting.warehouse_id})

    def _items(self, posting: Posting) -> list[dict[str, Any]]:
        found = [(self._cabinet.by_offer(item.offer_id), item.quantity) for item in posting.items]
        return [{"sku": product.sku, "quantity": quantity} for product, quantity in found if product]

    def _deliver(self, subscription: Subscription, body: dict[str, Any]) -> Push:
        unsent = Push(str(body["message_type"]), body, 0, "")
        push = self._outbox.send(subscription.url, partial(self._post, subscription.url, body), unsent)
        with self._cabinet.lock:
            subscription.sent += 1
            subscription.failed += bool(push.problem)
            # Fewer than half right: all notifications are paused.
            if subscription.sent >= ENOUGH_TO_JUDGE and subscription.failed * 2 > subscription.sent:
                subscription.is_enabled = False
        return push

    def _post(self, url: str, body: dict[str, Any]) -> Push:
        type_ = str(body["message_type"])
        try:
            with requests.Session() as session:
                session.trust_env = (
                    False  # a proxy of the environment must not come between two local servers
                )
                answer = session.post(url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            problem = _problem(type_, answer)
            push = Push(type_, body, answer.status_code, answer.text[:2000], problem)
        except requests.RequestException as error:
            push = Push(type_, body, 0, str(error), "NOT_REACHED")
        with self._cabinet.lock:
            self._cabinet.pushes.append(push)
            del self._cabinet.pushes[:-KEPT]
        return push


def _problem(type_: str, answer: requests.Response) -> str:
    if answer.status_code != 200:
        return f"HTTP_{answer.status_code}"
    try:
        said = json.loads(answer.content)
    except ValueError:
        return "EMPTY_RESULT" if not answer.content else "WRONG_RESULT"
    if not isinstance(said, dict):
        return "WRONG_RESULT"
    if type_ != "TYPE_PING":
        return "" if said.get("result") is True else "WRONG_RESULT_FIELD"
    if not all(isinstance(said.get(name), str) and said[name] for name in ("version", "name", "time")):
        return "WRONG_RESULT_FIELD"
    try:
        datetime.fromisoformat(said["time"])
    except ValueError:
        return "WRONG_RESULT_TIME_FIELD"
    return ""
