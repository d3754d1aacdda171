"""What every kind of records can be asked for: a list that is narrowed by its parameters, and one of them."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import models
from integrations.api.records.serializers import RecordFilterSerializer, serializer_for
from integrations.records import RecordKind
from integrations.store.reads import RecordFilter, filtered, surroundings
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet


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
