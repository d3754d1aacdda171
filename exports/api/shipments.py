"""/api/v1/export-shipments"""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from exports.actions.resend_shipment import resend_shipment
from exports.api.serializers import ShipmentSerializer
from exports.audience import hidden_from
from exports.models import ExportShipment
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict


class ShipmentViewSet(ReadOnlyTenantViewSet):
    """Exports on their way to destinations, newest first."""

    resource = "exports"
    model = ExportShipment
    serializer_class = ShipmentSerializer
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[ExportShipment]:
        """Without the files of datasets that this caller may not ask for."""
        hidden = hidden_from(member_of(self.request._request), machine_of(self.request))
        return super().scoped_queryset().exclude(export__dataset__in=hidden)

    @extend_schema(request=None, responses={202: ShipmentSerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Carry the file there once more, or now; 409 while it is being sent, or when there is no file."""
        shipment = self.get_object()
        problem = resend_shipment(shipment)
        if problem:
            raise Conflict(str(problem))
        return Response(self.get_serializer(shipment).data, status=status.HTTP_202_ACCEPTED)
