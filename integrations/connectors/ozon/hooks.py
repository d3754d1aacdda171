"""Ozon's notifications. Nothing proves what they say, so they only name what is read again."""

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.ozon.mapping import stock_id
from integrations.hooks import Changed, Happening, Hooks
from integrations.records import RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

TYPES = (
    "TYPE_NEW_POSTING",
    "TYPE_POSTING_CANCELLED",
    "TYPE_STATE_CHANGED",
    "TYPE_POSTING_SHIPPED",
    "TYPE_CUTOFF_DATE_CHANGED",
    "TYPE_DELIVERY_DATE_CHANGED",
    "TYPE_CREATE_OR_UPDATE_ITEM",
    "TYPE_STOCKS_CHANGED",
)
"""What we subscribe to."""


class OzonHooks(Hooks):
    """The seller that a notification names has to be ours."""

    preset = "ozon"

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        data = arrival.data
        if not isinstance(data, dict) or not isinstance(data.get("message_type"), str):
            raise NotReadable("no message_type")
        type_ = data["message_type"]
        if type_ == "TYPE_PING":
            return ()
        if _text(data, "seller_id") != str(settings.get("client_id", "")):
            raise NotReadable("seller_id is not the Client-Id of this integration")
        return _reader(type_)(data)


def _posting(data: Mapping[str, Any]) -> tuple[Happening, ...]:
    number = _text(data, "posting_number")
    if not number:
        raise NotReadable("no posting_number")
    return (Changed(RecordKind.ORDER, number),)


def _item(data: Mapping[str, Any]) -> tuple[Happening, ...]:
    product_id = _text(data, "product_id")
    if not product_id:
        raise NotReadable("no product_id")
    return (Changed(RecordKind.PRODUCT, product_id),)


def _stocks(data: Mapping[str, Any]) -> tuple[Happening, ...]:
    pairs = [
        stock_id(_text(item, "product_id"), _text(stock, "warehouse_id"))
        for item in _objects(data.get("items"))
        for stock in _objects(item.get("stocks"))
    ]
    return tuple(Changed(RecordKind.STOCK, pair) for pair in dict.fromkeys(pairs) if pair)


def _nothing(data: Mapping[str, Any]) -> tuple[Happening, ...]:
    return ()


_READERS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Happening, ...]]] = {
    "TYPE_STOCKS_CHANGED": _stocks,
    "TYPE_CREATE_ITEM": _item,
    "TYPE_UPDATE_ITEM": _item,
    "TYPE_CREATE_OR_UPDATE_ITEM": _item,
    "TYPE_PRICE_INDEX_CHANGED": _item,
    "TYPE_STATE_CHANGED": _posting,
    "TYPE_CUTOFF_DATE_CHANGED": _posting,
    "TYPE_DELIVERY_DATE_CHANGED": _posting,
}


def _reader(type_: str) -> Callable[[Mapping[str, Any]], tuple[Happening, ...]]:
    """All that is about postings has that in its name; what is about chats and orders as a whole is of no use."""
    return _READERS.get(type_) or (_posting if "_POSTING" in type_ else _nothing)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
