"""The caller itself: which key, which company, what it may do."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api.authentication import machine_of, tenant_of
from tenants.api.base import TenantAPIView
from tenants.api.permissions import HasScope


class AnyCaller(HasScope):
    """Whoever is known may ask who they are."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS and tenant_of(request) is not None


class MeView(TenantAPIView):
    permission_classes = [AnyCaller]

    @extend_schema(
        responses=inline_serializer(
            "Me",
            {
                "tenant": serializers.CharField(help_text="The company's number."),
                "name": serializers.CharField(help_text="The company's name."),
                "caller": serializers.CharField(),
                "scopes": serializers.ListField(child=serializers.CharField()),
                "expires_at": serializers.DateTimeField(
                    allow_null=True, help_text="When the credential that was presented ends."
                ),
            },
        )
    )
    def get(self, request: Request) -> Response:
        """Who is calling."""
        machine = machine_of(request)
        return Response(
            {
                "tenant": self.tenant.number,
                "name": self.tenant.name,
                "caller": str(request.user),
                "scopes": machine.scopes if machine else [],
                "expires_at": machine.ends_at if machine else None,
            }
        )
