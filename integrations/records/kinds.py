"""What kinds of records there are."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordKind(StrEnum):
    """A kind of outside object. An order's lines belong to the order."""

    CONTACT = "contact"
    COMPANY = "company"
    DEAL = "deal"
    ORDER = "order"
    PRODUCT = "product"
    STOCK = "stock"
    INVOICE = "invoice"
    PAYMENT = "payment"
    DOCUMENT = "document"
    CONVERSATION = "conversation"
    MESSAGE = "message"

    @property
    def label(self) -> Promise:
        return _LABELS[self]


_LABELS: dict[RecordKind, Promise] = {
    RecordKind.CONTACT: _("Contacts"),
    RecordKind.COMPANY: _("Companies"),
    RecordKind.DEAL: _("Deals"),
    RecordKind.ORDER: _("Orders"),
    RecordKind.PRODUCT: _("Products"),
    RecordKind.STOCK: _("Stock levels"),
    RecordKind.INVOICE: _("Invoices"),
    RecordKind.PAYMENT: _("Payments"),
    RecordKind.DOCUMENT: _("Documents"),
    RecordKind.CONVERSATION: _("Conversations"),
    RecordKind.MESSAGE: _("Messages"),
}
