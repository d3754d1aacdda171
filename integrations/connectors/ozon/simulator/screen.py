"""The screen of the simulated cabinet: postings, stock, and notifications with their answers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.ozon.simulator.desk import STEPS
from integrations.connectors.ozon.simulator.state import Cabinet, Posting, Push

POSTINGS_SHOWN = 40
STOCKS_SHOWN = 30
PUSHES_SHOWN = 30

STATUSES = {
    "awaiting_packaging": (_lazy("Waits for packing"), "warn"),
    "awaiting_deliver": (_lazy("Waits for shipping"), "warn"),
    "delivering": (_lazy("On its way"), ""),
    "delivered": (_lazy("Delivered"), "good"),
    "cancelled": (_lazy("Cancelled"), "bad"),
}


def snapshot(cabinet: Cabinet) -> dict[str, Any]:
    """What the page draws, in the active language."""
    with cabinet.lock:
        postings = sorted(cabinet.postings.values(), key=lambda one: one.in_process_at, reverse=True)
        urls = list(cabinet.subscriptions.values())
        return {
            "postings": [_posting(cabinet, one) for one in postings[:POSTINGS_SHOWN]],
            "stocks": _stocks(cabinet),
            "pushes": [
                _push(number, one)
                for number, one in list(enumerate(cabinet.pushes))[: -PUSHES_SHOWN - 1 : -1]
            ],
            "url": urls[0].url if urls else "",
            "is_paused": any(not one.is_enabled for one in urls),
            "totals": {"postings": len(postings), "pushes": len(cabinet.pushes)},
        }


def _posting(cabinet: Cabinet, one: Posting) -> dict[str, Any]:
    label, mood = STATUSES.get(one.status, (one.status, ""))
    comes_back = any(each.posting_number == one.number for each in cabinet.returns.values())
    if comes_back:
        label, mood = _("Comes back"), "bad"
    found = [(cabinet.by_offer(item.offer_id), item) for item in one.items]
    total = sum(item.price * item.quantity for item in one.items)
    return {
        "id": one.number,
        "number": one.number,
        "scheme": one.scheme.upper(),
        "date": one.in_process_at.strftime("%d.%m %H:%M"),
        "what": ", ".join(
            f"{product.name if product else item.offer_id} × {item.quantity}" for product, item in found
        ),
        "total": f"{total:.2f} {one.currency}",
        "status": str(label),
        "mood": mood,
        "can_move": one.status in STEPS,
        "can_cancel": one.status in STEPS,
        "can_return": one.status == "delivered" and not comes_back,
    }


def _stocks(cabinet: Cabinet) -> list[dict[str, Any]]:
    names = {one.id: one.name for one in cabinet.warehouses}
    return [
        {
            "id": f"{product}:{warehouse}",
            "sku": cabinet.products[product].offer_id,
            "name": cabinet.products[product].name,
            "warehouse": names.get(warehouse, str(warehouse)),
            "present": stock.present,
            "reserved": stock.reserved,
        }
        for (product, warehouse), stock in sorted(cabinet.stocks.items())[:STOCKS_SHOWN]
    ]


def _push(number: int, one: Push) -> dict[str, Any]:
    return {
        "id": number,
        "type": one.type,
        "about": str(one.body.get("posting_number") or ""),
        "answer": f"{one.status or '—'} {one.answer[:200]}",
        "verdict": one.problem or _("taken"),
        "mood": "bad" if one.problem else "good",
    }
