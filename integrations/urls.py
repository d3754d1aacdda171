"""Literal paths of this room."""

from django.urls import path

from integrations.admin.account import oauth_callback
from integrations.api.overviews import ApiListViewSet, StatusView, SyncListViewSet
from integrations.views import disconnected, handoff, integrations_health

urlpatterns = [
    path("handoff/<str:ticket>", handoff, name="handoff"),
    path("health/integrations", integrations_health, name="integrations-health"),
    path("integrations/apis", ApiListViewSet.as_view({"get": "list"}), name="integrations-apis"),
    path("integrations/disconnected/<str:identifier>", disconnected, name="integration-disconnected"),
    path("integrations/oauth/callback", oauth_callback, name="integration-oauth-callback"),
    path("integrations/sync", SyncListViewSet.as_view({"get": "list"}), name="integrations-sync"),
    path("integrations/status", StatusView.as_view(), name="integrations-status"),
]
