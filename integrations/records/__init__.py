"""The canonical form of outside objects: one frozen dataclass for each kind, with nothing of any one system.

Connectors translate to and from these (`capabilities.records`), sync stores them, exports and events are made of them.
Telephone numbers are E.164 where they could be read, money is Decimal with its currency, times are aware and in UTC,
outside ids are text. An outside status is mapped to a canonical one, and its original kept beside it.
"""

from integrations.records.base import Json, Money, Record
from integrations.records.documents import Document, Invoice, InvoiceStatus, Payment, PaymentStatus
from integrations.records.goods import Product, StockLevel
from integrations.records.kinds import RecordKind
from integrations.records.messages import Attachment, AttachmentKind, Conversation, Message, MessageStatus
from integrations.records.people import Company, Contact
from integrations.records.sales import Deal, DealPhase, Order, OrderLine, OrderStatus

CLASSES: dict[RecordKind, type[Record]] = {
    RecordKind.CONTACT: Contact,
    RecordKind.COMPANY: Company,
    RecordKind.DEAL: Deal,
    RecordKind.ORDER: Order,
    RecordKind.PRODUCT: Product,
    RecordKind.STOCK: StockLevel,
    RecordKind.INVOICE: Invoice,
    RecordKind.PAYMENT: Payment,
    RecordKind.DOCUMENT: Document,
    RecordKind.CONVERSATION: Conversation,
    RecordKind.MESSAGE: Message,
}

__all__ = [
    "CLASSES",
    "Attachment",
    "AttachmentKind",
    "Company",
    "Contact",
    "Conversation",
    "Deal",
    "DealPhase",
    "Document",
    "Invoice",
    "InvoiceStatus",
    "Json",
    "Message",
    "MessageStatus",
    "Money",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentStatus",
    "Product",
    "Record",
    "RecordKind",
    "StockLevel",
]
