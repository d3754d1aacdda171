"""/api/v1/calls/"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from telephony.api.serializers import (
    CallDetailSerializer,
    CallFilterSerializer,
    CallSerializer,
    EntrySerializer,
)
from telephony.models import Call
from telephony.selectors import filtered, timeline, visible_calls
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet


class CallViewSet(ReadOnlyTenantViewSet):
    """Calls, newest first. Agents see those that their own extension had a part in."""

    resource = "calls"
    model = Call

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return CallDetailSerializer if self.action == "retrieve" else CallSerializer

    def scoped_queryset(self) -> QuerySet[Call]:
        member = None if machine_of(self.request) else member_of(self.request._request)
        calls = visible_calls(member)
        if self.action == "retrieve":
            return calls.prefetch_related("participants")
        if self.action != "list":
            return calls
        wanted = CallFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return filtered(calls, wanted.wanted(self.tenant.phone_region))

    @extend_schema(parameters=[CallFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, page by page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=EntrySerializer(many=True))
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """The whole story: the exchange's messages, what the CRMs were told and answered, each webhook."""
        return Response(EntrySerializer(timeline(self.get_object()), many=True).data)
