"""What can be exported: datasets with their columns and filters."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api.serializers import DatasetSerializer
from exports.registry import UnknownDataset, all_datasets, get_dataset
from tenants.access import MANAGERS
from tenants.api.base import TenantAPIView


class DatasetViewSet(TenantAPIView, viewsets.ViewSet):
    """Whoever may export may see what there is."""

    resource = "exports"
    read_roles = MANAGERS
    lookup_value_regex = "[a-z0-9_-]+"

    @extend_schema(responses=DatasetSerializer(many=True))
    def list(self, request: Request) -> Response:
        """All datasets, with their columns, filters and formats."""
        return Response(DatasetSerializer(all_datasets(), many=True).data)

    @extend_schema(responses=DatasetSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One dataset by its name."""
        try:
            return Response(DatasetSerializer(get_dataset(pk)).data)
        except UnknownDataset as error:
            raise Http404 from error
