"""/api/v1/contacts, /companies, /deals, /orders, …: one resource and one scope for each kind."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from integrations import models
from integrations.api.records.deletion import DeletableViewSet
from integrations.api.records.people import PeopleViewSet
from integrations.api.records.serializers import (
    OfContactFilterSerializer,
    ReachableFilterSerializer,
    RecordFilterSerializer,
    serializer_for,
)
from integrations.records import (
    DealPhase,
    InvoiceStatus,
    OrderStatus,
    PaymentStatus,
)
from tenants.api.base import router


def _with(base: type[RecordFilterSerializer], name: str, **fields: Any) -> type[RecordFilterSerializer]:
    return type(f"{name}FilterSerializer", (base,), fields)


def _text(help_text: str = "") -> Any:
    return serializers.CharField(required=False, max_length=200, help_text=help_text)


def _choice(choices: Any) -> Any:
    return serializers.ChoiceField(choices=[(one.value, one.label) for one in choices], required=False)


# Path, the model, its parameters besides those of all, and what these look like.
_KINDS: tuple[tuple[str, type[models.StoredRecord], Collection[str], type[RecordFilterSerializer]], ...] = (
    ("contacts", models.Contact, (), ReachableFilterSerializer),
    ("companies", models.Company, (), ReachableFilterSerializer),
    ("deals", models.Deal, ("phase",), _with(OfContactFilterSerializer, "Deal", phase=_choice(DealPhase))),
    (
        "orders",
        models.Order,
        ("status",),
        _with(OfContactFilterSerializer, "Order", status=_choice(OrderStatus)),
    ),
    ("products", models.Product, ("sku",), _with(RecordFilterSerializer, "Product", sku=_text())),
    ("stock", models.StockLevel, ("sku",), _with(RecordFilterSerializer, "Stock", sku=_text())),
    (
        "invoices",
        models.Invoice,
        ("status",),
        _with(OfContactFilterSerializer, "Invoice", status=_choice(InvoiceStatus)),
    ),
    (
        "payments",
        models.Payment,
        ("status",),
        _with(RecordFilterSerializer, "Payment", status=_choice(PaymentStatus)),
    ),
    ("documents", models.Document, (), RecordFilterSerializer),
)


def register() -> None:
    """A view set of its own for each kind, so that each has its scope and its description."""
    for path, model, columns, form in _KINDS:
        parts = {
            "__doc__": f"{str(model._meta.verbose_name_plural).capitalize()}, newest first.",
            "resource": path,
            "model": model,
            "columns": columns,
            "filter_class": form,
            "filters": tuple(form().fields),
        }
        base = PeopleViewSet if issubclass(model, models.ReachableRecord) else DeletableViewSet
        view = type(f"{model.__name__}ViewSet", (base,), parts)
        shape = serializer_for(model.kind)
        described = extend_schema_view(
            list=extend_schema(parameters=[form], responses=shape(many=True)),
            retrieve=extend_schema(responses=shape),
        )(view)
        router.register(path, described, basename=path.rstrip("s") if path != "companies" else "company")
