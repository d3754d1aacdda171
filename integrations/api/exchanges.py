"""Conversations with outside systems, masked: for finding out what went wrong."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError

from integrations.api.serializers import ExchangeHeadSerializer, ExchangeSerializer
from integrations.models import Exchange
from integrations.selectors import HEAVY
from tenants.access import ADMINISTRATORS
from tenants.api.base import ReadOnlyTenantViewSet

IDS = ("integration", "correlation_id", "subject")


@extend_schema_view(
    list=extend_schema(
        responses=ExchangeHeadSerializer(many=True),
        parameters=[
            *[OpenApiParameter(name, UUID) for name in IDS],
            OpenApiParameter("failed", bool, description="Only those with an error."),
        ],
    )
)
class ExchangeViewSet(ReadOnlyTenantViewSet):
    """Exchanges, newest first."""

    resource = "exchanges"
    model = Exchange
    filters = (*IDS, "failed")
    read_roles = ADMINISTRATORS

    def get_serializer_class(self) -> Any:
        return ExchangeHeadSerializer if self.action == "list" else ExchangeSerializer

    def scoped_queryset(self) -> QuerySet[Exchange]:
        rows = Exchange.objects.all()
        if self.action != "list":
            return rows
        wanted = self.request.query_params
        for name in IDS:
            if name in wanted:
                rows = rows.filter(**{name: _uuid(name, wanted[name])})
        if _flag("failed", wanted.get("failed", "false")):
            rows = rows.exclude(error="")
        return rows.defer(*HEAVY)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValidationError({name: [_("This must be a UUID.")]}) from error


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise ValidationError({name: [_("This must be true or false.")]})
    return text == "true"
