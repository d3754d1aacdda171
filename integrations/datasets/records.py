"""Records of every kind as rows that can be exported."""

from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import BooleanFilter, ChoiceFilter, Filter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from integrations import models

_LAST = {
    "url": Column(_("Its page there"), is_default=False),
    "custom": Column(_("Further fields"), is_default=False),
    "outside_created_at": Column(_("Created there")),
    "outside_updated_at": Column(_("Changed there"), is_default=False),
    "updated_at": Column(_("Changed"), is_default=False),
    "deleted_at": Column(_("Deleted"), is_default=False),
    "id": Column(_("Id"), kind=Kind.TEXT, is_default=False),
}


def _resource(model: type[Model], columns: dict[str, Column]) -> type[DatasetResource]:
    meta = type("Meta", (), {"model": model})
    return type(f"{model.__name__}Resource", (DatasetResource,), {**columns, "Meta": meta})


def _columns(model: type[Model], *names: str, **special: Column) -> dict[str, Column]:
    """The model's own headings; amounts and numbers as such."""
    found: dict[str, Column] = {}
    for name in names:
        title: Any = model._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # no relation
        found[name] = special.get(name) or Column(_Capital(title))
    return found


class _Capital(Promise):
    """A heading begins with a capital letter, in whatever language it is shown."""

    def __init__(self, text: Any) -> None:
        self._text = text

    def __str__(self) -> str:
        shown = str(self._text)
        return shown[:1].upper() + shown[1:]


def _records(
    name: str,
    model: type[models.StoredRecord],
    *columns: str,
    filters: tuple[Filter, ...] = (),
    **special: Column,
) -> None:
    register_dataset(
        Dataset(
            name=name,
            title=_Capital(model._meta.verbose_name_plural),
            resource=_resource(model, {**_columns(model, *columns, **special), **_LAST}),
            filters=(
                RangeFilter("created_at", _("Created")),
                RangeFilter("updated_at", _("Changed")),
                *filters,
            ),
            order=("-id",),
            scope=f"{name}:read",
        )
    )


_phone = Column(_("Phone"), kind=Kind.PHONE)
_records(
    "contacts", models.Contact, "name", "first_name", "middle_name", "last_name", "phones", "emails", "position", "address",
    "comment",
    **{
        name: Column(title, is_default=False)
        for name, title in (
            ("first_name", _("First name")), ("middle_name", _("Middle name")), ("last_name", _("Last name")),
        )
    },
)  # fmt: skip
_records(
    "companies", models.Company, "name", "tax_number", "phones", "emails", "website", "address", "comment"
)
_records(
    "deals", models.Deal, "title", "total", "currency", "phase", "stage_title", "pipeline", "source", "loss_reason",
    "closed_at", "comment",
    filters=(ChoiceFilter("phase", _("Phase")), BooleanFilter("is_lead", _("Lead"))),
)  # fmt: skip
_records(
    "orders", models.Order, "number", "status", "original_status", "total", "currency", "delivery_cost", "is_paid",
    "buyer", "phone", "email", "address", "delivery", "placed_at", "ship_by", "cancel_reason", "comment",
    filters=(ChoiceFilter("status", _("Status")), RangeFilter("placed_at", _("Placed"))),
    phone=_phone,
)  # fmt: skip
_records(
    "products", models.Product, "name", "sku", "barcodes", "price", "old_price", "currency", "category", "is_active",
    filters=(TextFilter("sku", _("Article number")), BooleanFilter("is_active", _("On sale"))),
)  # fmt: skip
_records(
    "stock", models.StockLevel, "sku", "warehouse", "quantity", "reserved",
    filters=(TextFilter("sku", _("Article number")),),
)  # fmt: skip
_records(
    "invoices", models.Invoice, "number", "status", "total", "currency", "issued_at", "due_at", "paid_at", "comment",
    filters=(ChoiceFilter("status", _("Status")),),
)  # fmt: skip
_records(
    "payments", models.Payment, "status", "total", "refunded", "currency", "method", "payer", "paid_at", "comment",
    filters=(ChoiceFilter("status", _("Status")),),
)  # fmt: skip
_message = models.Message
register_dataset(
    Dataset(
        name="messages",
        title=_Capital(_message._meta.verbose_name_plural),
        resource=_resource(
            _message,
            {
                "sent_at": Column(_("Sent")),
                "channel": Column(_("Messenger"), attribute="conversation__channel"),
                "conversation": Column(_("Conversation"), attribute="conversation__title"),
                **_columns(_message, "is_from_us", "sender", "text", "state", "error"),
                "created_at": Column(_("Created here"), is_default=False),
                "id": Column(_("Id"), kind=Kind.TEXT, is_default=False),
            },
        ),
        filters=(RangeFilter("created_at", _("Created")), ChoiceFilter("state", _("Status"))),
        order=("-id",),
        scope="messages:read",
    )
)


class OrderLineResource(DatasetResource):
    order = Column(_("Order"), attribute="order__number")
    place = Column(_("Position"))
    name = Column(_("Name"))
    sku = Column(_("Article number"))
    quantity = Column(_("Quantity"))
    price = Column(_("Price"))
    total = Column(_("Total"))
    currency = Column(_("Currency"), attribute="order__currency")
    order_id = Column(_("Order id"), kind=Kind.TEXT, is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.OrderLine


register_dataset(
    Dataset(
        name="order_lines",
        title=_("Order lines"),
        resource=OrderLineResource,
        filters=(RangeFilter("created_at", _("Created")), TextFilter("sku", _("Article number"))),
        order=("-id",),
        scope="orders:read",
    )
)
