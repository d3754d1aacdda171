"""/api/v1/events, /api/v1/event-types and /api/v1/own-event-types"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, TenantAPIView, TenantViewSet
from tenants.models import Event
from webhooks.actions.publish_events import Publication, publish_events
from webhooks.api.event_serializers import (
    PUBLISH,
    EventSerializer,
    EventTypeSerializer,
    OwnEventTypeSerializer,
    PublicationSerializer,
    PublicationsSerializer,
    PublishedAllSerializer,
)
from webhooks.catalogue import catalogue, search
from webhooks.models import OwnEventType
from webhooks.selectors import events


class EventViewSet(ReadOnlyTenantViewSet):
    """What happened."""

    resource = "events"
    model = Event
    filters = ("type",)
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

    @extend_schema(request=PUBLISH, responses={201: PublishedAllSerializer})
    def create(self, request: Request) -> Response:
        """Publish one event, or up to a hundred as `events`: all of them, or none when one cannot be taken."""
        is_batch = isinstance(request.data, dict) and "events" in request.data
        body = (PublicationsSerializer if is_batch else PublicationSerializer)(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data["events"] if is_batch else [body.validated_data]
        wanted = [Publication(**one) for one in values]
        published = publish_events(self.tenant, wanted, path="events[{}]." if is_batch else "")
        return Response(PublishedAllSerializer({"events": published}).data, status.HTTP_201_CREATED)


class EventTypeView(TenantAPIView):
    """The catalogue: every event type with its schema and an example."""

    resource = "events"

    @extend_schema(
        parameters=[OpenApiParameter("search", str, description="Words of the name, title or description.")],
        responses=EventTypeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All event types: those of Switchboard and those that this company declared itself."""
        found = search(catalogue(), request.query_params.get("search", ""))
        return Response(EventTypeSerializer(found, many=True).data)


class OwnEventTypeViewSet(TenantViewSet):
    """Event types that this company declared itself."""

    resource = "own-event-types"
    model = OwnEventType
    read_roles = MANAGERS
    serializer_class = OwnEventTypeSerializer

    def scoped_queryset(self) -> QuerySet[OwnEventType]:
        return OwnEventType.objects.order_by("name")
