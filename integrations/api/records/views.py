"""/api/v1/contacts, /companies, /deals, /orders, …: one resource and one scope for each kind."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import models
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
    RecordKind,
)
from integrations.store.reads import RecordFilter, filtered, surroundings
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, router


class RecordViewSet(ReadOnlyTenantViewSet):
    """Newest first. `links` say which systems know a record, and as what."""

    filter_class: ClassVar[type[RecordFilterSerializer]] = RecordFilterSerializer
    columns: ClassVar[Collection[str]] = ()  # parameters that a column has to equal
    model: ClassVar[type[models.StoredRecord]]
    read_roles = MANAGERS

    def get_serializer_class(self) -> Any:
        return serializer_for(self.model.kind)

    def scoped_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.objects.all()
        if self.model.kind is RecordKind.ORDER:
            rows = rows.prefetch_related("lines")
        if self.action != "list":
            return rows
        form = self.filter_class(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        wanted = RecordFilter(
            phone=given.get("phone", ""),
            email=given.get("email", ""),
            integration=given.get("integration"),
            outside_id=given.get("outside_id", ""),
            contact=given.get("contact"),
            updated_from=given.get("updated_from"),
            is_deleted=given.get("deleted"),
            equal={name: given[name] for name in self.columns if name in given},
        )
        return filtered(rows, self.model.kind, wanted, self.tenant.phone_region)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, page by page."""
        rows: Sequence[Any] = self.paginate_queryset(self.get_queryset()) or []
        shown = self.get_serializer_class()(rows, many=True, context={"around": surroundings(rows)})
        return self.get_paginated_response(shown.data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record."""
        row = self.get_object()
        return Response(self.get_serializer_class()(row, context={"around": surroundings([row])}).data)


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
        view = type(f"{model.__name__}ViewSet", (RecordViewSet,), parts)
        shape = serializer_for(model.kind)
        described = extend_schema_view(
            list=extend_schema(parameters=[form], responses=shape(many=True)),
            retrieve=extend_schema(responses=shape),
        )(view)
        router.register(path, described, basename=path.rstrip("s") if path != "companies" else "company")
