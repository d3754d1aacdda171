"""What this process remembers of companies' integrations: to be looked at, refreshed and forgotten.

A machine sees its own company, the operator's staff see all of them.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import live
from integrations.api.deployed import serializers as shapes
from integrations.api.deployed.base import NumberView
from integrations.capabilities import CallNotifications
from integrations.connectors import with_capability
from integrations.models import Integration
from tenants.access import MANAGERS, is_operator
from tenants.api.authentication import machine_of
from tenants.api.base import TenantAPIView
from tenants.models import Tenant
from tenants.scoping import all_tenants

STARTED: Final = time.monotonic()


class MatrixView(NumberView):
    @extend_schema(operation_id="deployed_integrations", responses=shapes.MatrixSerializer)
    def get(self, request: Request, enterprise: str) -> Response:
        """Which systems the company has connected and enabled, from this process' memory."""
        return Response(shapes.MatrixSerializer(matrix(self.tenant)).data)


class InvalidateView(NumberView):
    @extend_schema(request=None, responses=shapes.InvalidatedSerializer)
    def post(self, request: Request, enterprise: str) -> Response:
        """Have all processes read the company's integrations anew when they are needed next."""
        live.forget(self.tenant.pk)
        answer = {"enterprise_number": enterprise, "invalidated": True}
        return Response(shapes.InvalidatedSerializer(answer).data)


class RefreshView(NumberView):
    @extend_schema(request=None, responses=shapes.MatrixSerializer)
    def post(self, request: Request, enterprise: str) -> Response:
        """Have all processes read them anew, this one now."""
        return Response(shapes.MatrixSerializer(refreshed(self.tenant)).data)


class _Everybody(TenantAPIView):
    """The company of the credential; all companies for the operator's staff."""

    resource = "integrations"
    read_roles = MANAGERS

    def tenants(self, request: Request) -> Sequence[Tenant]:
        if machine_of(request) is None and is_operator(request._request):
            return list(Tenant.objects.filter(is_active=True))
        return [self.tenant]


class RefreshAllView(_Everybody):
    @extend_schema(request=None, responses=shapes.MatricesSerializer)
    def post(self, request: Request) -> Response:
        """As `refresh`, for all that the caller may see."""
        found = [refreshed(tenant) for tenant in self.tenants(request)]
        live.memory.filled_at = timezone.now()
        return Response(shapes.MatricesSerializer({"count": len(found), "enterprises": found}).data)


class ActiveView(_Everybody):
    @extend_schema(responses=shapes.MatricesSerializer)
    def get(self, request: Request) -> Response:
        """The companies with an enabled integration, of those that the caller may see."""
        tenants = self.tenants(request)
        with all_tenants():
            active = set(
                Integration.objects.filter(tenant__in=[one.pk for one in tenants], is_enabled=True)
                .order_by()
                .values_list("tenant_id", flat=True)
                .distinct()
            )
        found = [matrix(tenant) for tenant in tenants if tenant.pk in active]
        return Response(shapes.MatricesSerializer({"count": len(found), "enterprises": found}).data)


class StatsView(_Everybody):
    @extend_schema(responses=shapes.StatsSerializer)
    def get(self, request: Request) -> Response:
        """How the memory of integrations does, in this process and for the companies that the caller may see."""
        tenants = self.tenants(request)
        figures = live.memory.figures([tenant.pk for tenant in tenants])
        asked = figures.hits + figures.misses
        answer = {
            "cache_stats": {
                "total_entries": figures.entries,
                "hits": figures.hits,
                "misses": figures.misses,
                "hit_ratio": round(figures.hits / asked, 4) if asked else 0.0,
                "last_full_refresh": live.memory.filled_at,
            },
            "uptime_seconds": int(time.monotonic() - STARTED),
            "database_queries": figures.queries,
        }
        return Response(shapes.StatsSerializer(answer).data)


def matrix(tenant: Tenant) -> dict[str, Any]:
    """Every system that takes calls, and whatever else the company has connected."""
    kept = live.connections(tenant.pk)
    known = dict.fromkeys(with_capability(CallNotifications), False)
    return {
        "enterprise_number": tenant.number,
        "integrations": dict(sorted({**known, **kept.value.matrix}.items())),
        "cached_at": kept.cached_at,
        "age_seconds": int(kept.age),
    }


def refreshed(tenant: Tenant) -> dict[str, Any]:
    live.forget(tenant.pk)
    return matrix(tenant)
