"""Literal paths of this room."""

from django.urls import include, path

from tenants.api import rules  # noqa: F401 the API's part of the permission matrix
from tenants.api.base import router
from tenants.api.extensions import ExtensionViewSet
from tenants.api.keys import ApiKeyViewSet
from tenants.api.oauth import ClientIntrospectView, ClientRevokeView, ClientTokenView
from tenants.api.resources import MeView
from tenants.api.trail import AuditViewSet
from tenants.views import switch_tenant

router.register("api-keys", ApiKeyViewSet, basename="api-key")
router.register("extensions", ExtensionViewSet, basename="extension")
router.register("audit", AuditViewSet, basename="audit")

urlpatterns = [
    path("", include("tenants.signin.urls")),
    path("admin/switch-company/", switch_tenant, name="switch-tenant"),
    path("api/v1/me", MeView.as_view(), name="me"),
    path("oauth/token", ClientTokenView.as_view(), name="oauth-token"),
    path("oauth/introspect", ClientIntrospectView.as_view(), name="oauth-introspect"),
    path("oauth/revoke", ClientRevokeView.as_view(), name="oauth-revoke"),
]
