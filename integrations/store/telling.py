"""Which events the changes of a record are, and what they say (schemas: integrations/event_types)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.ids import uuid7
from integrations.records import DealPhase, InvoiceStatus, OrderStatus, PaymentStatus, RecordKind
from integrations.store.cleaning import plain_number
from integrations.store.owner import Owner
from integrations.store.shapes import CURRENCY, LINES
from tenants.events import NewEvent, emit_many


@dataclass(frozen=True, slots=True)
class Told:
    """One record that was created, changed or deleted. `before` has the former values of what changed."""

    record_id: UUID
    outside_id: str
    values: Mapping[str, Any]
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    is_new: bool = False
    is_gone: bool = False

    def became(self, name: str, *wanted: str) -> bool:
        """Whether that column has one of these values, and had none of them."""
        is_so = self.values[name] in wanted
        return is_so and (self.is_new or (name in self.before and self.before[name] not in wanted))

    def first(self, name: str) -> str:
        return next(iter(self.references.get(name, ())), "")


def tell(owner: Owner, kind: RecordKind, told: Iterable[Told]) -> None:
    """Emit in the caller's transaction. What is told was decided under the link's digests and so happens once."""
    tell_of(owner.tenant_id, owner.connector, kind, told)


def tell_of(tenant_id: int, source: str, kind: RecordKind, told: Iterable[Told]) -> None:
    """The same for what no system told us: `source` is empty then, and so are outside ids."""
    make = _KINDS.get(kind)
    if make is None:
        return
    emit_many([
        NewEvent(
            tenant_id, type_,
            {"id": str(one.record_id), **_filled({"outside_id": one.outside_id, "source": source, **data})},
            key=f"{type_}:{one.record_id}:{uuid7()}",
        )
        for one in told
        for type_, data in make(one)
    ])  # fmt: skip


Events = Iterator[tuple[str, dict[str, Any]]]


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, "")}


def _plain_events(prefix: str, one: Told, data: dict[str, Any]) -> Events:
    if one.is_gone:
        yield f"{prefix}.deleted", data
    elif one.is_new:
        yield f"{prefix}.created", data
    else:
        yield f"{prefix}.updated", {**data, "changed": sorted(one.before)}


def _contact(one: Told) -> Events:
    values = one.values
    data = {"name": values["name"], "phones": values["phones"], "emails": values["emails"]}
    yield from _plain_events("contact", one, data)


def _deal(one: Told) -> Events:
    values = one.values
    data = {
        "title": values["title"],
        "stage": values["stage_title"] or values["stage"],
        "total": _money(values, "total"),
        "contact_id": one.first("contact_ids"),
    }
    yield from _plain_events("deal", one, data)
    if one.is_gone:
        return
    if not one.is_new and "stage" in one.before:
        former = str(one.before.get("stage_title") or one.before["stage"])
        yield "deal.stage_changed", {**data, "previous_stage": former}
    if one.became("phase", DealPhase.WON):
        yield "deal.won", data
    if one.became("phase", DealPhase.LOST):
        yield "deal.lost", {**data, "reason": values["loss_reason"]}


def _order(one: Told) -> Events:
    values = one.values
    data = {
        "number": values["number"],
        "status": values["status"],
        "total": _money(values, "total"),
        "contact_id": one.first("contact_ids"),
        "items": [_item(line) for line in values.get(LINES, ())],
    }
    yield from _plain_events("order", one, data)
    if one.is_gone:
        return
    if not one.is_new and "status" in one.before:
        yield "order.status_changed", {**data, "previous_status": str(one.before["status"])}
    if one.became("status", OrderStatus.CANCELLED):
        yield "order.cancelled", {**data, "reason": values["cancel_reason"]}
    if values["is_paid"] and (one.is_new or "is_paid" in one.before):
        yield "order.paid", data


def _item(line: Mapping[str, Any]) -> dict[str, Any]:
    number = float(line["quantity"] or 0)
    found = {"name": line["name"], "sku": line["sku"], "quantity": number, "price": line["price"]}
    return {name: value for name, value in found.items() if value is not None}


def _product(one: Told) -> Events:
    values = one.values
    data = {"sku": values["sku"], "name": values["name"], "price": _money(values, "price")}
    yield from _plain_events("product", one, data)


def _stock(one: Told) -> Events:
    """`outside_id` is the pair of product and warehouse. What was never seen before has not changed."""
    if one.is_new or one.is_gone or "quantity" not in one.before:
        return
    yield (
        "product.stock_changed",
        {
            "sku": one.values["sku"],
            "product_id": one.first("product_id"),
            "stock": float(one.values["quantity"]),
            "previous_stock": float(one.before["quantity"]),
            "warehouse": one.values["warehouse"] or one.values["warehouse_id"],
            "changed": sorted(one.before),
        },
    )


def _invoice(one: Told) -> Events:
    values = one.values
    data = {
        "number": values["number"],
        "status": values["status"],
        "total": _money(values, "total"),
        "order_id": one.first("order_id"),
        "contact_id": one.first("contact_ids"),
        "due_at": values["due_at"],
        "paid_at": values["paid_at"],
    }
    if one.is_gone or data["total"] is None:
        return  # the schema wants an amount with its currency
    yield from _plain_events("invoice", one, data)
    for status, name in (
        (InvoiceStatus.PAID, "invoice.paid"),
        (InvoiceStatus.CANCELLED, "invoice.cancelled"),
    ):
        if one.became("status", status):
            yield name, data


_PAYMENTS = {
    PaymentStatus.SUCCEEDED: "payment.succeeded",
    PaymentStatus.FAILED: "payment.failed",
    PaymentStatus.REFUNDED: "payment.refunded",
}


def _payment(one: Told) -> Events:
    values = one.values
    data = {
        "status": values["status"],
        "total": _money(values, "total"),
        "method": values["method"],
        "order_id": one.first("order_id"),
        "invoice_id": one.first("invoice_id"),
    }
    if one.is_gone or data["total"] is None:
        return
    if one.is_new:
        yield "payment.created", data
    for status, name in _PAYMENTS.items():
        if one.became("status", status):
            yield name, data


def _money(values: Mapping[str, Any], name: str) -> dict[str, str] | None:
    """None without a currency: an amount of nothing in particular says nothing."""
    amount: Decimal | None = values[name]
    code = values.get(CURRENCY, "")
    return {"amount": plain_number(amount) or "0", "currency": code} if amount is not None and code else None


_KINDS: Mapping[RecordKind, Callable[[Told], Events]] = {
    RecordKind.CONTACT: _contact,
    RecordKind.DEAL: _deal,
    RecordKind.ORDER: _order,
    RecordKind.PRODUCT: _product,
    RecordKind.STOCK: _stock,
    RecordKind.INVOICE: _invoice,
    RecordKind.PAYMENT: _payment,
}
