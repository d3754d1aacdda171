"""Literal paths of this room, and those that connectors tell their systems (`urls.py` in a connector's folder)."""

from importlib.util import find_spec
from pkgutil import iter_modules

from django.urls import include, path

from integrations import connectors
from integrations.admin.account import oauth_callback
from integrations.api.overviews import ApiListViewSet, StatusView, SyncListViewSet
from integrations.views import disconnected, handoff, integrations_health

# Folders, not what a registry holds: a test may have put made-up systems there when the first address is looked for.
CONNECTORS = [
    f"{connectors.__name__}.{found.name}.urls" for found in iter_modules(connectors.__path__) if found.ispkg
]

urlpatterns = [
    *[path("", include(module)) for module in CONNECTORS if find_spec(module)],
    path("handoff/<str:ticket>", handoff, name="handoff"),
    path("health/integrations", integrations_health, name="integrations-health"),
    path("integrations/apis", ApiListViewSet.as_view({"get": "list"}), name="integrations-apis"),
    path("integrations/disconnected/<str:identifier>", disconnected, name="integration-disconnected"),
    path("integrations/oauth/callback", oauth_callback, name="integration-oauth-callback"),
    path("integrations/sync", SyncListViewSet.as_view({"get": "list"}), name="integrations-sync"),
    path("integrations/status", StatusView.as_view(), name="integrations-status"),
    # Last: a number is whatever no other address below /integrations/ is.
    path("", include("integrations.api.deployed.urls")),
]
