"""The page's buttons: what a buyer, a courier and the seller do."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.ozon.simulator.cabinet import Office
from integrations.connectors.ozon.simulator.envelope import ApiError
from integrations.connectors.ozon.simulator.pushes import Pushes
from integrations.connectors.ozon.simulator.state import Cabinet, Item, Posting, bring_back

STEPS = {
    "awaiting_packaging": "awaiting_deliver",
    "awaiting_deliver": "delivering",
    "delivering": "delivered",
}
TYPES = ("TYPE_NEW_POSTING", "TYPE_STATE_CHANGED", "TYPE_POSTING_CANCELLED", "TYPE_STOCKS_CHANGED")


class Desk:
    """Each method is a button: takes what the page sent, returns what to tell the person."""

    def __init__(self, cabinet: Cabinet, pushes: Pushes, office: Office) -> None:
        self._cabinet, self._pushes, self._office = cabinet, pushes, office

    def order(self, data: dict[str, Any]) -> str:
        """A buyer orders one piece of the product, or of the first that there is."""
        with self._cabinet.lock:
            on_sale = [one for one in self._cabinet.products.values() if not one.is_archived]
            product = next(
                (one for one in on_sale if one.offer_id == data.get("offer_id")), next(iter(on_sale), None)
            )
        if product is None:
            raise ValueError(_("There is nothing on sale."))
        scheme = "fbo" if data.get("scheme") == "fbo" else "fbs"
        items = [Item(product.offer_id, 1, product.price)]
        posting = self._cabinet.new_posting(scheme, items, self._cabinet.clock.now(), "awaiting_packaging")
        self._pushes.new_posting(posting)
        return _("New posting: %(number)s.") % {"number": posting.number}

    def move_on(self, data: dict[str, Any]) -> str:
        """The next step of a parcel's way."""
        posting = self._posting(data)
        if posting.status not in STEPS:
            raise ValueError(_("This posting is at its end."))
        self._move(posting, STEPS[posting.status])
        return _("Posting %(number)s: %(status)s.") % {"number": posting.number, "status": posting.status}

    def cancel(self, data: dict[str, Any]) -> str:
        """The buyer changes their mind."""
        posting = self._posting(data)
        if posting.status in ("delivered", "cancelled"):
            raise ValueError(_("This posting is at its end."))
        posting.cancel_reason = "The buyer changed their mind"
        self._move(posting, "cancelled")
        return _("Posting %(number)s: %(status)s.") % {"number": posting.number, "status": posting.status}

    def bring_back(self, data: dict[str, Any]) -> str:
        """The buyer sends everything back."""
        posting = self._posting(data)
        with self._cabinet.lock:
            known = {one.posting_number for one in self._cabinet.returns.values()}
            if posting.status != "delivered" or posting.number in known:
                raise ValueError(_("This posting cannot be returned."))
            bring_back(self._cabinet, posting, self._cabinet.clock.now())
        return _("Posting %(number)s comes back.") % {"number": posting.number}

    def take_stock(self, data: dict[str, Any]) -> str:
        """A piece more or less in a warehouse."""
        with self._cabinet.lock:
            key = next((key for key in self._cabinet.stocks if f"{key[0]}:{key[1]}" == data.get("id")), None)
            if key is None:
                raise ValueError(_("There is no such stock."))
            stock = self._cabinet.stocks[key]
            stock.present = max(stock.reserved, stock.present + (1 if data.get("by") == 1 else -1))
            told, sku = replace(stock), self._cabinet.products[key[0]].sku
        self._pushes.stock_changed(key[0], sku, key[1], told.present, told.reserved)
        return _("In stock now: %(count)d.") % {"count": told.present}

    def connect(self, data: dict[str, Any]) -> str:
        """Notifications to a URL, which is pinged first."""
        try:
            self._office.connect(str(data.get("url", "")).strip(), TYPES)
        except ApiError as error:
            raise ValueError(_("Not connected: %(why)s") % {"why": error.message}) from error
        return _("Notifications are sent there.")

    def disconnect(self, data: dict[str, Any]) -> str:
        with self._cabinet.lock:
            self._cabinet.subscriptions.clear()
        return _("No notifications are sent.")

    def _posting(self, data: dict[str, Any]) -> Posting:
        with self._cabinet.lock:
            found = self._cabinet.postings.get(str(data.get("id", "")))
        if found is None:
            raise ValueError(_("There is no such posting."))
        return found

    def _move(self, posting: Posting, status: str) -> None:
        with self._cabinet.lock:
            old, posting.status = posting.status, status
            posting.changed_at = self._cabinet.clock.now()
        self._pushes.moved(posting, old)
