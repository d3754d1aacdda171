"""Literal paths of this room."""

from django.urls import path

from webhooks.api.endpoints import EndpointViewSet
from webhooks.api.events import EventTypeView, EventViewSet

urlpatterns = [
    path("api/v1/event-types", EventTypeView.as_view(), name="event-types"),
    path("webhooks", EndpointViewSet.as_view({"get": "list", "post": "create"}), name="webhooks"),
    path(
        "webhooks/<uuid:pk>",
        EndpointViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        ),
        name="webhook",
    ),
    path("webhooks/<uuid:pk>/test", EndpointViewSet.as_view({"post": "test"}), name="webhook-test"),
    path("webhooks/trigger-event", EventViewSet.as_view({"post": "create"}), name="trigger-event"),
]
