"""Contacts, deals, orders and products."""

from django.utils.translation import gettext_lazy as _

from integrations.event_types.parts import AMOUNT, CHANGED, ID, MONEY, OPEN, TEXT, schema
from tenants.events import EventType, register

_SOURCE = {**TEXT, "description": "The system that it comes from, such as retailcrm."}
_CONTACT = schema(
    "id",
    id=ID,
    source=_SOURCE,
    name=TEXT,
    phones={"type": "array", "items": TEXT},
    emails={"type": "array", "items": TEXT},
    company=TEXT,
    changed=CHANGED,
)
_ANNA = {
    "id": "c-51",
    "source": "retailcrm",
    "name": "Anna Example",
    "phones": ["+375291234570"],
    "emails": ["anna@example.com"],
}
_RECORD = {"type": "string", "format": "uuid", "description": "A contact's id in Switchboard."}
_MERGED = schema(
    "id",
    "merge_id",
    id=_RECORD,
    merge_id={"type": "string", "format": "uuid"},
    name=TEXT,
    phones={"type": "array", "items": TEXT},
    emails={"type": "array", "items": TEXT},
    merged={"type": "array", "items": _RECORD},
    restored={"type": "array", "items": _RECORD},
)
_ONE = {
    "id": "0192f1b2-7c1e-7a3b-9d55-0c1d2e3f4a5b",
    "merge_id": "0192f1b2-8d2f-7b4c-8e66-1d2e3f4a5b6c",
    "name": "Anna Example",
    "phones": ["+375291234570"],
    "emails": ["anna@example.com"],
}
_OTHERS = ["0192f1b2-7c1e-7a3b-9d55-0c1d2e3f4a5c"]
_DEAL = schema(
    "id",
    id=ID,
    source=_SOURCE,
    title=TEXT,
    stage=TEXT,
    previous_stage=TEXT,
    total=MONEY,
    contact_id=TEXT,
    reason=TEXT,
    changed=CHANGED,
)
_LAMPS = {
    "id": "d-7",
    "source": "amocrm",
    "title": "Lamps for the office",
    "stage": "negotiation",
    "total": {"amount": "1500.00", "currency": "BYN"},
    "contact_id": "c-51",
}
_ORDER = schema(
    "id",
    id=ID,
    source=_SOURCE,
    number=TEXT,
    status=TEXT,
    previous_status=TEXT,
    total=MONEY,
    contact_id=TEXT,
    items={
        "type": "array",
        "items": schema("name", sku=TEXT, name=TEXT, quantity={"type": "number"}, price=AMOUNT),
    },
    reason=TEXT,
    changed=CHANGED,
)
_NINE = {
    "id": "o-9",
    "source": "shopify",
    "number": "9999",
    "status": "new",
    "total": {"amount": "403.00", "currency": "BYN"},
    "contact_id": "c-51",
    "items": [{"sku": "E27", "name": "Lamp", "quantity": 2, "price": "201.50"}],
}
_PRODUCT = schema(
    "id",
    id=ID,
    source=_SOURCE,
    sku=TEXT,
    name=TEXT,
    price=MONEY,
    stock={"type": "number"},
    previous_stock={"type": "number"},
    warehouse=TEXT,
    changed=CHANGED,
)
_LAMP = {
    "id": "p-3",
    "source": "moysklad",
    "sku": "E27",
    "name": "Lamp",
    "price": {"amount": "201.50", "currency": "BYN"},
}

register(
    EventType(
        "contact.created", _("Contact created"), _("A new contact is known."), _CONTACT, _ANNA, labels=OPEN
    ),
    EventType(
        "contact.updated",
        _("Contact changed"),
        _("A contact was changed; `changed` names the fields."),
        _CONTACT,
        {**_ANNA, "changed": ["phones"]},
        labels=OPEN,
    ),
    EventType(
        "contact.deleted", _("Contact deleted"), _("A contact was removed."), _CONTACT, _ANNA, labels=OPEN
    ),
    EventType(
        "contact.merged",
        _("Contacts merged"),
        _(
            "Contacts became a part of another one; `merged` names them, the other fields are of the one that is kept."
        ),
        _MERGED,
        {**_ONE, "merged": _OTHERS},
    ),
    EventType(
        "contact.unmerged",
        _("Merge of contacts undone"),
        _("Contacts that had become a part of another one are there again; `restored` names them."),
        _MERGED,
        {**_ONE, "restored": _OTHERS},
    ),
    EventType("deal.created", _("Deal created"), _("A new deal was opened."), _DEAL, _LAMPS, labels=OPEN),
    EventType(
        "deal.updated",
        _("Deal changed"),
        _("A deal was changed; `changed` names the fields."),
        _DEAL,
        {**_LAMPS, "changed": ["total"]},
        labels=OPEN,
    ),
    EventType(
        "deal.stage_changed",
        _("Deal moved"),
        _("A deal reached another stage."),
        _DEAL,
        {**_LAMPS, "stage": "contract", "previous_stage": "negotiation"},
        labels=OPEN,
    ),
    EventType(
        "deal.won", _("Deal won"), _("A deal was won."), _DEAL, {**_LAMPS, "stage": "won"}, labels=OPEN
    ),
    EventType(
        "deal.lost",
        _("Deal lost"),
        _("A deal was lost; `reason` says why, where it is known."),
        _DEAL,
        {**_LAMPS, "stage": "lost", "reason": "too expensive"},
        labels=OPEN,
    ),
    EventType("deal.deleted", _("Deal deleted"), _("A deal was removed."), _DEAL, _LAMPS, labels=OPEN),
    EventType("order.created", _("Order created"), _("A new order came in."), _ORDER, _NINE, labels=OPEN),
    EventType(
        "order.updated",
        _("Order changed"),
        _("An order was changed; `changed` names the fields."),
        _ORDER,
        {**_NINE, "changed": ["items", "total"]},
        labels=OPEN,
    ),
    EventType(
        "order.status_changed",
        _("Order has another status"),
        _("An order got another status."),
        _ORDER,
        {**_NINE, "status": "shipped", "previous_status": "new"},
        labels=OPEN,
    ),
    EventType(
        "order.paid",
        _("Order paid"),
        _("An order was paid in full."),
        _ORDER,
        {**_NINE, "status": "paid"},
        labels=OPEN,
    ),
    EventType(
        "order.cancelled",
        _("Order cancelled"),
        _("An order was cancelled."),
        _ORDER,
        {**_NINE, "status": "cancelled", "reason": "the client changed their mind"},
        labels=OPEN,
    ),
    EventType("order.deleted", _("Order deleted"), _("An order was removed."), _ORDER, _NINE, labels=OPEN),
    EventType(
        "product.created", _("Product created"), _("A new product is sold."), _PRODUCT, _LAMP, labels=OPEN
    ),
    EventType(
        "product.updated",
        _("Product changed"),
        _("A product was changed; `changed` names the fields."),
        _PRODUCT,
        {**_LAMP, "changed": ["price"]},
        labels=OPEN,
    ),
    EventType(
        "product.stock_changed",
        _("Stock changed"),
        _("More or less of a product is in stock."),
        _PRODUCT,
        {**_LAMP, "stock": 8, "previous_stock": 10, "warehouse": "main"},
        labels=OPEN,
    ),
    EventType(
        "product.deleted",
        _("Product deleted"),
        _("A product is no longer sold."),
        _PRODUCT,
        _LAMP,
        labels=OPEN,
    ),
)
