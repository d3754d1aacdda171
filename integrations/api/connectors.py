"""The catalogue: which systems can be connected, and what has to be entered."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.serializers import ConnectorSerializer
from integrations.connectors import UnknownConnector, registry
from integrations.connectors import get as get_connector
from tenants.access import MANAGERS
from tenants.api.base import TenantAPIView


class ConnectorViewSet(TenantAPIView, viewsets.ViewSet):
    """The systems that can be connected."""

    resource = "integrations"
    read_roles = MANAGERS
    lookup_value_regex = "[a-z0-9_]+"

    @extend_schema(responses=ConnectorSerializer(many=True))
    def list(self, request: Request) -> Response:
        """All systems, with the settings and credentials that each needs."""
        return Response(ConnectorSerializer(list(registry().values()), many=True).data)

    @extend_schema(responses=ConnectorSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One system by its code."""
        try:
            return Response(ConnectorSerializer(get_connector(pk)).data)
        except UnknownConnector as error:
            raise Http404 from error
