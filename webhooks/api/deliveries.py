"""/api/v1/deliveries"""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from webhooks.actions import mass
from webhooks.actions.replay_deliveries import replay_delivery
from webhooks.api.delivery_serializers import (
    CancelSerializer,
    DeliveryDetailSerializer,
    DeliveryFilterSerializer,
    DeliverySerializer,
    MassActionSerializer,
    ReplayedSerializer,
    ReplaySerializer,
)
from webhooks.models import Delivery, MassAction, MassKind
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
        return self._mass(MassKind.REPLAY, DeliveryFilter.of(wanted.validated_data), is_dry=is_dry)

    @extend_schema(
        operation_id="deliveries_cancel_many", request=CancelSerializer, responses=ReplayedSerializer
    )
    @action(detail=False, methods=["post"])
    def cancel(self, request: Request) -> Response:
        """Take back what waits. With `dry_run` (the default) it only says how many there are."""
        wanted = CancelSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        is_dry = wanted.validated_data["dry_run"]
        return self._mass(MassKind.CANCEL, DeliveryFilter.of(wanted.validated_data), is_dry=is_dry)

    def _mass(self, kind: str, wanted: DeliveryFilter, *, is_dry: bool) -> Response:
        if is_dry:
            return Response(ReplayedSerializer({"count": mass.count(kind, wanted), "dry_run": True}).data)
        return told(mass.begin(self.tenant, kind, wanted))


def told(begun: mass.Begun) -> Response:
    """202 while it goes on in the background."""
    action = begun.action
    answer = {"count": begun.count, "dry_run": False, "mass_action": action.pk if action else None}
    return Response(ReplayedSerializer(answer).data, status=202 if action else 200)


class MassActionViewSet(ReadOnlyTenantViewSet):
    """What is done to many deliveries in the background, newest first."""

    resource = "mass-actions"
    model = MassAction
    serializer_class = MassActionSerializer
    read_roles = write_roles = MANAGERS

    @extend_schema(request=None, responses=MassActionSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it, what is done stays done; 409 when it has ended already."""
        found = self.get_object()
        if not mass.stop(found):
            raise Conflict(_("It had ended already."))
        return Response(self.get_serializer(found).data)
