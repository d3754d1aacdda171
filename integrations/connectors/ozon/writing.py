"""Writing stock and prices: one answer for each change, however Ozon answers the whole."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Change, Written
from integrations.connectors.ozon import mapping
from integrations.connectors.ozon.client import Ozon, rows
from integrations.connectors.ozon.reading import Reader
from integrations.http.errors import OutcomeUnknown
from integrations.records import Product, StockLevel
from tenants.errors import HubError, RateLimited, RemoteRejected, Unsupported

PAIR_SECONDS = 30.0
TOO_BIG = 1_000_000
PRICE_FIELDS = frozenset({"price", "old_price"})
PRICE_EXTRA = frozenset({"price", "old_price", "min_price", "currency_code", "vat", "auto_action_enabled"})
STOCK_EXTRA = frozenset({"present", "free_stock"})


def write_prices(api: Ozon, changes: Sequence[Change]) -> tuple[Written, ...]:
    """Prices of products that are there. Products are made in Ozon's cabinet, where their category asks for more."""
    wanted, refused = _checked(changes, _price)
    answers = (
        {mapping.text(row, "product_id"): row for row in api.write_prices(list(wanted.values()))}
        if wanted
        else {}
    )
    return tuple(_written(change, refused, change.record.outside_id, answers) for change in changes)


def _price(change: Change) -> tuple[str, dict[str, Any]]:
    record, fields = change.record, change.fields or PRICE_FIELDS
    assert isinstance(record, Product)
    if not record.outside_id:
        raise Unsupported(_("Products are created in Ozon's cabinet; only their prices are written."))
    if not fields & PRICE_FIELDS and not change.extra:
        raise Unsupported(_("Of a product, only its prices can be written."))
    item: dict[str, Any] = {"product_id": _number(record.outside_id)}
    if fields & PRICE_FIELDS and record.price is not None:
        item["price"] = f"{record.price.amount:f}"
        if record.price.currency:
            item["currency_code"] = record.price.currency
    if "old_price" in fields:
        item["old_price"] = f"{record.old_price:f}" if record.old_price else "0"
    return record.outside_id, item | _extra(change, PRICE_EXTRA)


def write_stocks(api: Ozon, reader: Reader, changes: Sequence[Change], warehouse: str) -> tuple[Written, ...]:
    """Ozon wants what is free; what it has reserved is asked for first, so that what is read back is what was written.

    `warehouse` is for levels that name none.
    """
    wanted, refused = _checked(changes, lambda change: _level(change, warehouse))
    reserved = _reserved(api, reader, wanted) if wanted else {}
    items = [_stock_item(pair, level, reserved.get(pair, Decimal(0))) for pair, level in wanted.items()]
    answers = {_pair(row): row for row in api.write_stocks(items)} if items else {}
    return tuple(
        _written(change, refused, "" if change.key in refused else _level(change, warehouse)[0], answers)
        for change in changes
    )


def _level(change: Change, warehouse: str) -> tuple[str, dict[str, Any]]:
    """The pair, and either what lies there or what is free."""
    record = change.record
    assert isinstance(record, StockLevel)
    pair = record.outside_id or mapping.stock_id(record.product_id, record.warehouse_id or warehouse)
    product_id, _colon, warehouse_id = pair.partition(":")
    if warehouse_id == mapping.FBO:
        raise Unsupported(_("The stock in Ozon's own warehouses cannot be set."))
    if not pair:
        raise RemoteRejected(_("A stock level needs a product and a warehouse: enter the default warehouse."))
    if not product_id.isdecimal() or not warehouse_id.isdecimal():
        raise RemoteRejected(_("Ozon knows no such stock: %(id)s") % {"id": pair[:80]})
    found: dict[str, Any] = {"present": record.quantity, **_extra(change, STOCK_EXTRA)}
    for value in found.values():
        _check_count(value)
    return pair, found


def _check_count(value: object) -> None:
    count = mapping.amount(str(value))
    if count is None or count != count.to_integral_value() or not 0 <= count < TOO_BIG:
        raise RemoteRejected(
            _("Ozon counts in whole pieces, from 0 to 999,999: %(value)s") % {"value": value}
        )


def _reserved(api: Ozon, reader: Reader, wanted: Mapping[str, Any]) -> dict[str, Decimal]:
    ids = sorted({pair.partition(":")[0] for pair in wanted})
    offers = [mapping.text(row, "offer_id") for row in api.product_details(product_id=ids)]
    found = reader.warehouse_rows(offers) if offers else {}
    return {pair: mapping.amount(row.get("reserved")) or Decimal(0) for pair, row in found.items()}


def _stock_item(pair: str, level: Mapping[str, Any], reserved: Decimal) -> dict[str, Any]:
    product_id, _colon, warehouse_id = pair.partition(":")
    free = (
        Decimal(str(level["free_stock"]))
        if "free_stock" in level
        else Decimal(str(level["present"])) - reserved
    )
    return {"product_id": int(product_id), "warehouse_id": int(warehouse_id), "stock": max(0, int(free))}


def _checked(changes: Sequence[Change], read: Any) -> tuple[dict[str, dict[str, Any]], dict[str, HubError]]:
    """What to send by its id, the last one of several; and what need not be sent, by its key."""
    wanted: dict[str, dict[str, Any]] = {}
    refused: dict[str, HubError] = {}
    for change in changes:
        try:
            id_, item = read(change)
        except (RemoteRejected, Unsupported) as error:
            refused[change.key] = error
        else:
            wanted[id_] = item
    return wanted, refused


def _written(
    change: Change, refused: Mapping[str, HubError], id_: str, answers: Mapping[str, Mapping[str, Any]]
) -> Written:
    if change.key in refused:
        return Written(key=change.key, outside_id=change.record.outside_id, error=refused[change.key])
    return Written(key=change.key, outside_id=id_, error=_outcome(answers.get(id_)))


def _outcome(row: Mapping[str, Any] | None) -> HubError | None:
    if row is None:
        return OutcomeUnknown(_("Ozon did not say what became of it."))
    if row.get("updated") is True:
        return None
    errors = [(mapping.text(each, "code"), mapping.text(each, "message")) for each in rows(row, "errors")]
    why = "; ".join(" ".join(filter(None, pair)) for pair in errors) or "updated: false"
    if any(code == "TOO_MANY_REQUESTS" for code, _message in errors):
        text = _("Ozon takes the stock of a product in a warehouse once in 30 seconds.")
        return RateLimited(text, detail=why, retry_after=PAIR_SECONDS)
    return RemoteRejected(_("Ozon rejected it: %(why)s") % {"why": why}, detail=why)


def _extra(change: Change, known: frozenset[str]) -> dict[str, Any]:
    unknown = sorted(set(change.extra) - known)
    if unknown:
        raise RemoteRejected(_("Ozon has no field “%(name)s” that could be written.") % {"name": unknown[0]})
    return dict(change.extra)


def _number(id_: str) -> int:
    if not (id_.isascii() and id_.isdecimal() and len(id_) <= 18):
        raise RemoteRejected(_("Ozon knows no such product: %(id)s") % {"id": id_[:80]})
    return int(id_)


def _pair(row: Mapping[str, Any]) -> str:
    return mapping.stock_id(mapping.text(row, "product_id"), mapping.text(row, "warehouse_id"))
