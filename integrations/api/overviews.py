"""/integrations/apis, /integrations/sync and /integrations/status: the company's integrations at a glance."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api import serializers as shapes
from integrations.models import Integration
from integrations.selectors import overview
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, TenantAPIView


class ApiListViewSet(ReadOnlyTenantViewSet):
    """The connected systems and how they do."""

    resource = "integrations"
    model = Integration
    serializer_class = shapes.ApiSerializer
    read_roles = MANAGERS
    http_method_names = ("get", "head", "options")


class SyncListViewSet(ReadOnlyTenantViewSet):
    """What is kept in step with each system: its users, its table of extensions, its requests to us."""

    resource = "integrations"
    model = Integration
    serializer_class = shapes.SyncSerializer
    read_roles = MANAGERS
    http_method_names = ("get", "head", "options")

    def scoped_queryset(self) -> QuerySet[Integration]:
        return Integration.objects.prefetch_related("plans")


class StatusView(TenantAPIView):
    """Whether somebody is needed."""

    resource = "integrations"
    read_roles = MANAGERS

    @extend_schema(responses=shapes.StatusSerializer)
    def get(self, request: Request) -> Response:
        """Counts by standing, and those that need somebody with the reason in words."""
        return Response(shapes.StatusSerializer(overview()).data)
