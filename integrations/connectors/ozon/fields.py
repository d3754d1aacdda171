"""Their fields, as far as they are worth mapping: Ozon has no method that lists them (methods as of November 2026)."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from integrations.capabilities import FieldDescription, ValueType
from integrations.records import RecordKind


def described(kind: RecordKind) -> tuple[FieldDescription, ...]:
    """In the active language."""
    return _DESCRIBE[kind]()


def _orders() -> tuple[FieldDescription, ...]:
    return (
        _fixed("posting_number", _("Posting")),
        _fixed("order_number", _("Order")),
        _fixed("status", _("Status")),
        _fixed("substatus", _("Substatus")),
        _fixed("in_process_at", _("Taken on"), ValueType.TIME),
        _fixed("shipment_date", _("To be shipped by"), ValueType.TIME),
        _fixed("delivering_date", _("Shipped"), ValueType.TIME),
        _fixed("delivery_method.name", _("Delivery")),
        _fixed("delivery_method.warehouse", _("Warehouse")),
        _fixed("tracking_number", _("Tracking number")),
        _fixed("customer.name", _("Buyer")),
        _fixed("customer.phone", _("Phone")),
        _fixed("cancellation.cancel_reason", _("Reason for cancelling")),
        _fixed("cancellation.cancelled_after_ship", _("Cancelled after shipping"), ValueType.BOOLEAN),
        _fixed("products", _("Goods"), ValueType.LIST),
    )


def _returns() -> tuple[FieldDescription, ...]:
    return (
        _fixed("id", _("Number")),
        _fixed("posting_number", _("Posting")),
        _fixed("order_number", _("Order")),
        _fixed("type", _("Kind of the return")),
        _fixed("schema", _("Scheme")),
        _fixed("return_reason_name", _("Reason")),
        _fixed("product.offer_id", _("Article")),
        _fixed("product.name", _("Name")),
        _fixed("product.quantity", _("Pieces"), ValueType.NUMBER),
        _fixed("visual.status.display_name", _("Status")),
        _fixed("visual.change_moment", _("Status since"), ValueType.TIME),
        _fixed("logistic.return_date", _("Returned on"), ValueType.TIME),
        _fixed("place.name", _("Where it is")),
        _fixed("target_place.name", _("Where it goes")),
    )


def _products() -> tuple[FieldDescription, ...]:
    return (
        _fixed("id", _("Product")),
        _fixed("offer_id", _("Article")),
        _fixed("sku", _("Number on the site")),
        _fixed("name", _("Name")),
        FieldDescription(name="price", title=_("Price"), type=ValueType.MONEY),
        FieldDescription(name="old_price", title=_("Price before the discount"), type=ValueType.MONEY),
        FieldDescription(name="min_price", title=_("Lowest price"), type=ValueType.MONEY),
        _fixed("barcodes", _("Barcodes"), ValueType.LIST),
        _fixed("description_category_id", _("Category")),
        _fixed("statuses.status_name", _("Status")),
        _fixed("is_archived", _("Archived"), ValueType.BOOLEAN),
        _fixed("primary_image", _("Picture"), ValueType.LIST),
    )


def _stocks() -> tuple[FieldDescription, ...]:
    return (
        _fixed("product_id", _("Product")),
        _fixed("offer_id", _("Article")),
        _fixed("warehouse_id", _("Number of the warehouse")),
        _fixed("warehouse_name", _("Warehouse")),
        FieldDescription(name="present", title=_("In stock"), type=ValueType.NUMBER),
        FieldDescription(name="free_stock", title=_("Free"), type=ValueType.NUMBER),
        _fixed("reserved", _("Reserved"), ValueType.NUMBER),
    )


def _fixed(name: str, title: str, type_: ValueType = ValueType.TEXT) -> FieldDescription:
    return FieldDescription(name=name, title=title, type=type_, is_read_only=True)


_DESCRIBE: Mapping[RecordKind, Callable[[], tuple[FieldDescription, ...]]] = {
    RecordKind.ORDER: _orders,
    RecordKind.DOCUMENT: _returns,
    RecordKind.PRODUCT: _products,
    RecordKind.STOCK: _stocks,
}
