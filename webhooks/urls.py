"""Literal paths of this room."""

from django.urls import path

from webhooks.api.events import EventTypeView

urlpatterns = [
    path("api/v1/event-types", EventTypeView.as_view(), name="event-types"),
]
