"""Literal paths of this room."""

from django.urls import path

from integrations.views import handoff

urlpatterns = [path("handoff/<str:ticket>", handoff, name="handoff")]
