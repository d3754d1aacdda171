"""Our copies of outside objects, a table for each kind, and what leads to them. Messages are not synchronised."""

from integrations.models.records.base import StoredRecord
from integrations.models.records.documents import Document, Invoice, Payment
from integrations.models.records.goods import Product, StockLevel
from integrations.models.records.links import ContactPoint, Link, LinkStatus, PointType, Reference
from integrations.models.records.people import Company, Contact, ReachableRecord
from integrations.models.records.sales import Deal, Order, OrderLine
from integrations.records import RecordKind

MODELS: dict[RecordKind, type[StoredRecord]] = {
    model.kind: model
    for model in (
        Contact, Company, Deal, Order, Product, StockLevel, Invoice, Payment, Document,
    )
}  # fmt: skip

__all__ = [
    "MODELS",
    "Company",
    "Contact",
    "ContactPoint",
    "Deal",
    "Document",
    "Invoice",
    "Link",
    "LinkStatus",
    "Order",
    "OrderLine",
    "Payment",
    "PointType",
    "Product",
    "ReachableRecord",
    "Reference",
    "StockLevel",
    "StoredRecord",
]
