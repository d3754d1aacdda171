"""/api/v1/calls/"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from telephony.actions.click_to_call import CALLERS
from telephony.api.commands import SteeringActions
from telephony.api.serializers import (
    CallDetailSerializer,
    CallFilterSerializer,
    CallSerializer,
    EntrySerializer,
    PopupDiagnosisSerializer,
)
from telephony.diagnosis import diagnose, gather
from telephony.models import Call
from telephony.selectors import Sight, filtered, timeline, visible_calls
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.models import Member, Role


class CallViewSet(SteeringActions):
    """Calls, newest first. Agents see those that their own extension had a part in."""

    resource = "calls"
    model = Call
    filters = tuple(CallFilterSerializer().fields)
    write_roles = CALLERS
    sees_own = (Role.AGENT,)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return CallDetailSerializer if self.action == "retrieve" else CallSerializer

    def scoped_queryset(self) -> QuerySet[Call]:
        calls = visible_calls(self._person)
        if self.action == "retrieve":
            return calls.prefetch_related("participants", "legs")
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
        """The story: what the phones did; for managers, who was told; for administrators, every exchange.

        Machines see what their other scopes open: `events:read`, `deliveries:read`, and `exchanges:read` for what was said
        to CRMs.
        """
        machine = machine_of(request)
        sight = Sight.of_machine(machine.allows) if machine else Sight.of(self._person)
        entries = timeline(self.get_object(), sight)
        return Response(EntrySerializer(entries, many=True).data)

    @extend_schema(responses=PopupDiagnosisSerializer)
    @action(detail=True, pagination_class=None)
    def diagnosis(self, request: Request, pk: str) -> Response:
        """Why the call raised no pop-up, or a late one, step by step; what the CRMs were told is for managers and machines."""
        machine = machine_of(request)
        sees_crms = machine is not None or Sight.MESSAGES in Sight.of(self._person)
        found = diagnose(gather(self.get_object()), sees_crms=sees_crms)
        return Response(PopupDiagnosisSerializer(found).data)

    @property
    def _person(self) -> Member | None:
        return None if machine_of(self.request) else member_of(self.request._request)
