"""/api/v1/missed-clients: who called in vain and waits, calling them back, and taking them off the list."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.actions.call_back import Caller, NotWaiting, NotYours, call_back
from telephony.actions.click_to_call import CALLERS
from telephony.actions.missed_clients import clear_by_hand
from telephony.api.originations import ClickRefused, OriginationSerializer, check_repeat, key_of
from telephony.models import MissedClient, OriginateOrigin, OriginateState
from telephony.selectors.missed import STANDINGS, MissedFilter, narrowed, visible_missed
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet, TenantAPIView
from tenants.api.problems import Conflict
from tenants.api.strict import StrictSerializer
from tenants.models import Role


class MissedClientSerializer(serializers.ModelSerializer[MissedClient]):
    """A client's missed calls from the first to the talk that made up for them."""

    is_waiting = serializers.BooleanField(source="is_open", read_only=True)

    class Meta:
        model = MissedClient
        fields: ClassVar[Any] = (
            "id",
            "is_waiting",
            "client_number",
            "client_name",
            "line",
            "extension",
            "count",
            "first_missed_at",
            "last_missed_at",
            "last_call",
            "tries",
            "tried_at",
            "cleared_at",
            "clearing",
            "cleared_by",
        )
        read_only_fields = fields


class MissedClientFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list; a wrong one is a 400 that names it."""

    state = serializers.ChoiceField(
        choices=list(STANDINGS), required=False, help_text="`waiting`, unless something else is asked for."
    )
    extension = serializers.CharField(required=False, max_length=10, help_text="Who should call back.")
    line = serializers.CharField(required=False, max_length=100, help_text="Of the last missed call.")
    phone = serializers.CharField(
        required=False, max_length=40, help_text="The client's number, in any usual form."
    )
    ends_with = serializers.RegexField(
        r"^[0-9]{3,15}\Z", required=False, help_text="The last digits of the client's number."
    )
    missed_from = serializers.DateTimeField(
        required=False, help_text="Missed last at or after this time (RFC 3339)."
    )
    missed_to = serializers.DateTimeField(required=False, help_text="Missed last before this time.")


class CallBackSerializer(StrictSerializer):
    extension = serializers.CharField(
        max_length=10,
        required=False,
        allow_blank=True,
        default="",
        help_text="Whose phone rings first. Without it: one's own; for machines, that of whoever should call back.",
    )


class MissedClientViewSet(ReadOnlyTenantViewSet):
    """Clients not called back, newest first. Agents see those who called them."""

    resource = "calls"
    model = MissedClient
    serializer_class = MissedClientSerializer
    filters = tuple(MissedClientFilterSerializer().fields)
    write_roles = CALLERS
    sees_own = (Role.AGENT,)

    def scoped_queryset(self) -> QuerySet[MissedClient]:
        rows = _seen_by(self.request)
        if self.action != "list":
            return rows
        wanted = MissedClientFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return narrowed(rows, MissedFilter(**wanted.validated_data), self.tenant.phone_region)

    @extend_schema(parameters=[MissedClientFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those who wait, unless others are asked for; newest first, page by page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=MissedClientSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def clear(self, request: Request, pk: str) -> Response:
        """They need no call any more. Of a client who was reached already nothing changes."""
        row = self.get_object()
        done = clear_by_hand([row])
        return Response(MissedClientSerializer(done[0] if done else row).data)


class CallBackView(TenantAPIView):
    """Not in the view set: a refused click is a row, which the rolled-back answer of `Idempotency-Key` would take away."""

    resource = "calls"
    model = MissedClient
    write_roles = CALLERS
    http_method_names = ("post", "options")

    @extend_schema(
        operation_id="missed_clients_call_back",
        request=CallBackSerializer,
        responses={202: OriginationSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repeat makes no second call."
            )
        ],
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Ring an extension, and call the client once it is picked up; within the limits of click-to-call."""
        form = CallBackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        row: MissedClient = get_object_or_404(_seen_by(request), pk=pk)
        caller, extension = _caller(request), form.validated_data["extension"]
        try:
            click = call_back(self.tenant, row, caller, extension)
        except NotYours as error:
            raise exceptions.PermissionDenied(str(error), error.code) from error
        except NotWaiting as error:
            raise Conflict(str(error), error.code) from error
        if click.state == OriginateState.REFUSED:
            raise ClickRefused(click)
        check_repeat(click, caller.key, row.client_number, extension)
        return Response(OriginationSerializer(click).data, status=status.HTTP_202_ACCEPTED)


def _seen_by(request: Request) -> QuerySet[MissedClient]:
    return visible_missed(None if machine_of(request) else member_of(request._request))


def _caller(request: Request) -> Caller:
    is_machine = machine_of(request) is not None
    return Caller(
        name=str(request.user),
        origin=OriginateOrigin.API,
        member=None if is_machine else member_of(request._request),
        is_machine=is_machine,
        key=key_of(request),
    )
