"""The audit trail for programs, such as a company's own log collection."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import ADMINISTRATORS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.models import AuditEntry

FILTERS = ("actor", "action", "object_id")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = (
            "id", "created_at", "action", "actor", "actor_kind", "address", "user_agent", "object_type", "object_id",
            "object_name", "before", "after", "correlation_id",
        )  # fmt: skip


class AuditViewSet(ReadOnlyTenantViewSet):
    """Who did what, when and from where, newest first; secrets are masked."""

    resource = "audit"
    model = AuditEntry
    filters = FILTERS
    serializer_class = AuditEntrySerializer
    read_roles = ADMINISTRATORS

    def scoped_queryset(self) -> QuerySet[AuditEntry]:
        given = {
            name: self.request.query_params[name] for name in FILTERS if self.request.query_params.get(name)
        }
        return super().scoped_queryset().filter(**given)

    @extend_schema(
        parameters=[OpenApiParameter(name, OpenApiTypes.STR, description="Exactly this.") for name in FILTERS]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Entries of the audit trail, newest first."""
        return super().list(request, *args, **kwargs)
