"""/api/v1/endpoints"""

from datetime import timedelta
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import TenantViewSet
from tenants.models import StoredAnswer
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.actions.send_test import send_test
from webhooks.api.serializers import (
    EndpointSerializer,
    NewEndpointSerializer,
    RotationSerializer,
    SecretSerializer,
    TestedSerializer,
    TestSerializer,
)
from webhooks.models import Endpoint


class EndpointViewSet(TenantViewSet):
    """Subscribers: where events go."""

    resource = "endpoints"
    model = Endpoint
    read_roles = MANAGERS
    serializer_class = EndpointSerializer

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return NewEndpointSerializer if self.action == "create" else EndpointSerializer

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """The secret is in this answer and never again."""
        values = dict(serializer.validated_data)
        secret = values.pop("plain_secret", None)
        endpoint = Endpoint(tenant=self.tenant, **values)
        endpoint.plain_secret = create_endpoint(endpoint, secret)  # type: ignore[attr-defined]
        serializer.instance = endpoint

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Shown once is shown once: the answer that is kept for repeats is sealed, and has no secret all the same."""
        stored: StoredAnswer | None = getattr(self, "_stored", None)
        final = super().finalize_response(request, response, *args, **kwargs)
        if stored is not None and stored.body:
            answer = orjson.loads(stored.body["content"])
            if isinstance(answer, dict) and "secret" in answer:
                stored.body["content"] = orjson.dumps({**answer, "secret": None}).decode()
                stored.save(update_fields=["body"])
        return final

    @extend_schema(request=RotationSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret; the old one signs too until the overlap ends."""
        wanted = RotationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        overlap = timedelta(hours=wanted.validated_data["overlap_hours"])
        return Response(
            {"secret": rotate_secret(self.get_object(), wanted.validated_data.get("secret"), overlap)}
        )

    @extend_schema(request=TestSerializer, responses={202: TestedSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send `webhook.test` to this endpoint, by the way of every other event."""
        wanted = TestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        event, delivery = send_test(self.get_object(), wanted.validated_data.get("message", ""))
        return Response({"event": event.id, "delivery": delivery}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Send events again. What was parked is sent by /deliveries/replay."""
        endpoint = self.get_object()
        enable_endpoint(endpoint)
        return Response(self.get_serializer(endpoint).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        """Send nothing more; events are parked meanwhile."""
        endpoint = self.get_object()
        disable_endpoint(endpoint)
        return Response(self.get_serializer(endpoint).data)
