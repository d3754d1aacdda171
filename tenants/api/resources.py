"""The caller itself: which key, which company, what it may do."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api.authentication import tenant_of
from tenants.api.base import TenantAPIView
from tenants.api.permissions import HasScope
from tenants.models import ApiKey


class AnyCaller(HasScope):
    """Whoever is known may ask who they are."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS and tenant_of(request) is not None


class MeView(TenantAPIView):
    resource = "me"
    permission_classes = [AnyCaller]

    @extend_schema(
        responses=inline_serializer(
            "Me",
            {
                "tenant": serializers.CharField(help_text="The company's number."),
                "name": serializers.CharField(help_text="The company's name."),
                "caller": serializers.CharField(),
                "scopes": serializers.ListField(child=serializers.CharField()),
            },
        )
    )
    def get(self, request: Request) -> Response:
        """Who is calling."""
        scopes = request.auth.scopes if isinstance(request.auth, ApiKey) else []
        return Response(
            {
                "tenant": self.tenant.number,
                "name": self.tenant.name,
                "caller": str(request.user),
                "scopes": scopes,
            }
        )
