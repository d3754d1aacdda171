"""Literal paths of this room."""

from django.urls import path

from tenants.api.resources import MeView
from tenants.views import switch_tenant

urlpatterns = [
    path("admin/switch-company/", switch_tenant, name="switch-tenant"),
    path("api/v1/me", MeView.as_view(), name="me"),
]
