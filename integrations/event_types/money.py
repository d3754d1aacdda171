"""Invoices and payments."""

from django.utils.translation import gettext_lazy as _

from integrations.event_types.parts import CHANGED, ID, MONEY, OPEN, TEXT, TIME, schema
from tenants.events import EventType, register

_INVOICE = schema(
    "id",
    "total",
    id=ID,
    source=TEXT,
    number=TEXT,
    status=TEXT,
    total=MONEY,
    order_id=TEXT,
    contact_id=TEXT,
    due_at=TIME,
    paid_at=TIME,
    changed=CHANGED,
)
_BILL = {
    "id": "i-77",
    "source": "moysklad",
    "number": "2026-77",
    "status": "open",
    "total": {"amount": "403.00", "currency": "BYN"},
    "order_id": "o-9",
    "due_at": "2026-12-05T00:00:00Z",
}
_PAYMENT = schema(
    "id",
    "total",
    id=ID,
    source=TEXT,
    status=TEXT,
    total=MONEY,
    method={**TEXT, "description": "Such as card or transfer."},
    order_id=TEXT,
    invoice_id=TEXT,
    reason=TEXT,
)
_CARD = {
    "id": "pay-5",
    "source": "yookassa",
    "status": "pending",
    "total": {"amount": "403.00", "currency": "BYN"},
    "method": "card",
    "order_id": "o-9",
}

register(
    EventType(
        "invoice.created", _("Invoice created"), _("A new invoice was made."), _INVOICE, _BILL, labels=OPEN
    ),
    EventType(
        "invoice.updated",
        _("Invoice changed"),
        _("An invoice was changed; `changed` names the fields."),
        _INVOICE,
        {**_BILL, "changed": ["due_at"]},
        labels=OPEN,
    ),
    EventType(
        "invoice.paid",
        _("Invoice paid"),
        _("An invoice was paid in full."),
        _INVOICE,
        {**_BILL, "status": "paid", "paid_at": "2026-11-21T09:40:29Z"},
        labels=OPEN,
    ),
    EventType(
        "invoice.cancelled",
        _("Invoice cancelled"),
        _("An invoice is void."),
        _INVOICE,
        {**_BILL, "status": "cancelled"},
        labels=OPEN,
    ),
    EventType(
        "payment.created",
        _("Payment begun"),
        _("A payment was begun and is not through yet."),
        _PAYMENT,
        _CARD,
        labels=OPEN,
    ),
    EventType(
        "payment.succeeded",
        _("Payment received"),
        _("The money is here."),
        _PAYMENT,
        {**_CARD, "status": "succeeded"},
        labels=OPEN,
    ),
    EventType(
        "payment.failed",
        _("Payment failed"),
        _("A payment did not go through; `reason` says why, where it is known."),
        _PAYMENT,
        {**_CARD, "status": "failed", "reason": "insufficient_funds"},
        labels=OPEN,
    ),
    EventType(
        "payment.refunded",
        _("Payment refunded"),
        _("Money was given back; `total` says how much."),
        _PAYMENT,
        {**_CARD, "status": "refunded"},
        labels=OPEN,
    ),
)
