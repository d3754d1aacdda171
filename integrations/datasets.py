"""The rows of this room that can be exported."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import BooleanFilter, ChoiceFilter, Filter, RangeFilter, RelatedFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from integrations import models
from tenants.access import ADMINISTRATORS
from webhooks.models import Endpoint

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


class SyncRunResource(DatasetResource):
    created_at = Column(_("When"))
    integration = Column(_("Integration"), attribute="plan__integration__name")
    kind = Column(_("Records"), attribute="plan__kind")
    state = Column(_("State"))
    is_full = Column(_("Everything"))
    is_dry = Column(_("Dry run"))
    read = Column(_("Read"))
    created = Column(_("New"))
    updated = Column(_("Changed"))
    unchanged = Column(_("Unchanged"))
    deleted = Column(_("Deleted"))
    written = Column(_("Written there"))
    conflicts = Column(_("Conflicts"))
    failed = Column(_("Failed"))
    reason = Column(_("Reason"))
    started_at = Column(_("Began"))
    finished_at = Column(_("Ended"))
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.SyncRun


register_dataset(
    Dataset(
        name="sync_runs",
        title=_("Synchronisation runs"),
        resource=SyncRunResource,
        filters=(
            RangeFilter("created_at", _("When")),
            ChoiceFilter("state", _("State")),
            BooleanFilter("is_full", _("Everything")),
            BooleanFilter("is_dry", _("Dry run")),
        ),
        order=("-id",),
        scope="syncs:read",
    )
)


class ExchangeResource(DatasetResource):
    started_at = Column(_("When"))
    integration = Column(_("Integration"), attribute="integration__name")
    way = Column(_("Direction"))
    operation = Column(_("Operation"))
    method = Column(_("Method"))
    url = Column(_("Address"))
    status = Column(_("Status"))
    error = Column(_("Error"))
    error_text = Column(_("What went wrong"))
    duration_ms = Column(_("Milliseconds"))
    attempt = Column(_("Attempt"), is_default=False)
    correlation_id = Column(_("Correlation"), kind=Kind.TEXT, is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.Exchange


register_dataset(
    Dataset(
        name="exchanges",
        title=_("Exchanges"),
        resource=ExchangeResource,
        filters=(RangeFilter("started_at", _("When")), TextFilter("error", _("Error"))),
        order=("-id",),
        roles=ADMINISTRATORS,
        scope="exchanges:read",
    )
)


class IntegrationResource(DatasetResource):
    name = Column(_("Name"))
    connector = Column(_("System"))
    is_enabled = Column(_("Enabled"))
    health = Column(_("Health"))
    health_reason = Column(_("Reason"))
    last_success_at = Column(_("Last success"))
    last_failure_at = Column(_("Last failure"))
    created_at = Column(_("Created"))
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.Integration


register_dataset(
    Dataset(
        name="integrations",
        title=_("Integrations"),
        resource=IntegrationResource,
        filters=(ChoiceFilter("health", _("Health")), BooleanFilter("is_enabled", _("Enabled"))),
        order=("name", "id"),
        scope="integrations:read",
    )
)


class MappingResource(DatasetResource):
    integration = Column(_("Integration"), attribute="integration__name")
    outside_user_id = Column(_("User there"))
    extension = Column(_("Extension"), kind=Kind.PHONE)
    valid_from = Column(_("Since"), is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.ExtensionAssignment

    @classmethod
    def rows(cls) -> QuerySet[Model]:
        """Those in force; former ones are history."""
        return super().rows().filter(valid_to__isnull=True)


register_dataset(
    Dataset(
        name="extension_mappings",
        title=_("Whose number is which"),
        resource=MappingResource,
        filters=(RelatedFilter("integration", _("Integration")), TextFilter("extension", _("Extension"))),
        order=("integration__name", "extension", "id"),
        scope="integrations:read",
    )
)


class EndpointResource(DatasetResource):
    """Of a URL, which may hold a secret, as much as everybody sees who sees the endpoint."""

    name = Column(_("Name"))
    url = Column(_("URL"), kind=Kind.TEXT)
    events = Column(_("Events"))
    description = Column(_("Description"))
    format = Column(_("Format"))
    state = Column(_("State"))
    created_at = Column(_("Created"), is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = Endpoint

    def dehydrate_url(self, endpoint: Endpoint) -> str:
        return endpoint.shown_url


register_dataset(
    Dataset(
        name="endpoints",
        title=_("Endpoints"),
        resource=EndpointResource,
        filters=(ChoiceFilter("state", _("State")), RangeFilter("created_at", _("Created"))),
        search=("name", "host"),
        order=("name", "id"),
        scope="endpoints:read",
    )
)

# Which of these can be imported; they name datasets that are declared above.
from integrations import importing  # noqa: E402, F401
