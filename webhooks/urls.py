"""Literal paths of this room."""

from django.urls import path

from webhooks.api.endpoints import EndpointViewSet
from webhooks.api.events import EventTypeView, EventViewSet
from webhooks.api.polling import PollView
from webhooks.api.statistics import StatisticsView, WebhookStatisticsView
from webhooks.portal import views as portal

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
    path("webhooks/<uuid:pk>/stats", EndpointViewSet.as_view({"get": "stats"}), name="webhook-stats"),
    path("api/v1/endpoints/<uuid:endpoint_id>/events", PollView.as_view(), name="endpoint-events"),
    path("webhooks/<uuid:endpoint_id>/events", PollView.as_view(), name="webhook-events"),
    path("api/v1/deliveries/stats", StatisticsView.as_view(), name="delivery-stats"),
    path("webhooks/stats", WebhookStatisticsView.as_view(), name="webhooks-stats"),
    path("portal/<str:token>", portal.overview, name="portal"),
    path("portal/<str:token>/deliveries/<uuid:delivery_id>", portal.delivery, name="portal-delivery"),
    path("portal/<str:token>/deliveries/<uuid:delivery_id>/resend", portal.resend, name="portal-resend"),
    path("portal/<str:token>/recover", portal.recover, name="portal-recover"),
    path("portal/<str:token>/secret", portal.secret, name="portal-secret"),
    path("portal/<str:token>/test", portal.test, name="portal-test"),
    path("portal/<str:token>/verify", portal.verify, name="portal-verify"),
    path("webhooks/trigger-event", EventViewSet.as_view({"post": "create"}), name="trigger-event"),
]
