"""/api/v1/deliveries"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from webhooks.actions.replay_deliveries import replay_deliveries, replay_delivery, replayable
from webhooks.api.serializers import (
    DeliveryDetailSerializer,
    DeliveryFilterSerializer,
    DeliverySerializer,
    ReplayedSerializer,
    ReplaySerializer,
)
from webhooks.models import Delivery
from webhooks.selectors import DeliveryFilter, deliveries, delivery_with_attempts


class DeliveryViewSet(ReadOnlyTenantViewSet):
    """What was sent to whom, and how it went."""

    resource = "deliveries"
    model = Delivery
    filters = tuple(DeliveryFilterSerializer().fields)
    read_roles = write_roles = MANAGERS

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return DeliveryDetailSerializer if self.action == "retrieve" else DeliverySerializer

    def scoped_queryset(self) -> QuerySet[Delivery]:
        if self.action == "retrieve":
            return delivery_with_attempts()
        if self.action != "list":
            return deliveries()
        wanted = DeliveryFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return deliveries(DeliveryFilter.of(wanted.validated_data))

    @extend_schema(parameters=[DeliveryFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"], url_path="replay")
    def replay_one(self, request: Request, pk: str) -> Response:
        """Send it again: the same bytes under the same webhook-id."""
        delivery = self.get_object()
        replay_delivery(delivery)
        return Response(DeliverySerializer(delivery).data, status=202)

    @extend_schema(
        operation_id="deliveries_replay_many", request=ReplaySerializer, responses=ReplayedSerializer
    )
    @action(detail=False, methods=["post"])
    def replay(self, request: Request) -> Response:
        """Send many again. With `dry_run` (the default) it only says how many there are."""
        wanted = ReplaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        is_dry = wanted.validated_data["dry_run"]
        found = replayable(deliveries(DeliveryFilter.of(wanted.validated_data)))
        count = found.count() if is_dry else replay_deliveries(found)
        return Response({"count": count, "dry_run": is_dry})
