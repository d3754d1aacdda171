"""/api/v1/events and /api/v1/event-types"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, TenantAPIView
from tenants.events import event_types
from tenants.models import Event
from webhooks.api.serializers import EventSerializer, EventTypeSerializer
from webhooks.selectors import events


class EventViewSet(ReadOnlyTenantViewSet):
    """What happened."""

    resource = "events"
    model = Event
    read_roles = MANAGERS  # events of calls hold what agents see of their own calls only
    serializer_class = EventSerializer

    def scoped_queryset(self) -> QuerySet[Event]:
        return events(self.request.query_params.get("type"))

    @extend_schema(
        parameters=[OpenApiParameter("type", str, description="An event type such as call.ended.")]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)


class EventTypeView(TenantAPIView):
    """The catalogue: every event type with its schema and an example."""

    resource = "events"

    @extend_schema(responses=EventTypeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All event types that can be subscribed to."""
        return Response(EventTypeSerializer(event_types(), many=True).data)
