"""/api/v1/calls/{id}/hangup and /transfer, and /api/v1/call-commands: end a call that goes on or give it to a colleague, and see
what became of that.
"""

from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.actions.request_command import NotPossible, Wish, request_command
from telephony.models import Call, CallCommand, CommandKind, CommandState, OriginateOrigin
from telephony.selectors.commands import visible_commands
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.strict import StrictSerializer
from tenants.models import Role

STATUSES: Final = {
    "not_yours": status.HTTP_403_FORBIDDEN,
    "unknown_extension": status.HTTP_422_UNPROCESSABLE_ENTITY,
    "no_exchange": status.HTTP_422_UNPROCESSABLE_ENTITY,
}


class CallCommandSerializer(serializers.ModelSerializer[CallCommand]):
    reason = serializers.CharField(read_only=True, help_text="Why it failed, for people.")

    class Meta:
        model = CallCommand
        fields: ClassVar[Any] = (
            "id",
            "call",
            "kind",
            "extension",
            "talker",
            "state",
            "reason_code",
            "reason",
            "origin",
            "requester",
            "created_at",
            "attempted_at",
            "settled_at",
        )
        read_only_fields = fields


class NewTransferSerializer(StrictSerializer):
    extension = serializers.CharField(
        max_length=10, help_text="The colleague who gets the call: an extension of the company."
    )


class CallCommandFilterSerializer(serializers.Serializer[Any]):
    call = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=CommandState.choices, required=False)


class CommandRefused(exceptions.APIException):
    """403, 409 or 422 with the reason as its code."""

    def __init__(self, error: NotPossible) -> None:
        super().__init__(str(error), error.code)
        self.status_code = STATUSES.get(error.code, status.HTTP_409_CONFLICT)


class SteeringActions(ReadOnlyTenantViewSet):
    """Mixed into the view set of calls."""

    @extend_schema(request=None, responses={202: CallCommandSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def hangup(self, request: Request, pk: str) -> Response:
        """End a call that goes on. 202: the exchange is being asked; `/api/v1/call-commands/{id}` says how it went.

        People with the role of an agent end their own calls only. 409 for a call that is over.
        """
        return self._command(request, self.get_object(), CommandKind.HANG_UP)

    @extend_schema(request=NewTransferSerializer, responses={202: CallCommandSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def transfer(self, request: Request, pk: str) -> Response:
        """Give the client to a colleague, whose phone then rings: one who talks, or who waits for an answer. As for `hangup`."""
        call: Call = self.get_object()
        form = NewTransferSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self._command(request, call, CommandKind.TRANSFER, form.validated_data["extension"])

    def _command(self, request: Request, call: Call, kind: CommandKind, extension: str = "") -> Response:
        wish = Wish(
            kind=kind,
            extension=extension,
            origin=OriginateOrigin.API,
            requester=str(request.user),
            member=None if machine_of(request) else member_of(request._request),
        )
        try:
            row = request_command(call, wish)
        except NotPossible as error:
            raise CommandRefused(error) from error
        return Response(CallCommandSerializer(row).data, status=status.HTTP_202_ACCEPTED)


class CallCommandViewSet(ReadOnlyTenantViewSet):
    """Calls that were to be ended or transferred, newest first. Agents see those of their own calls."""

    resource = "calls"
    model = CallCommand
    serializer_class = CallCommandSerializer
    filters = tuple(CallCommandFilterSerializer().fields)
    sees_own = (Role.AGENT,)

    def scoped_queryset(self) -> QuerySet[CallCommand]:
        rows = visible_commands(None if machine_of(self.request) else member_of(self.request._request))
        if self.action != "list":
            return rows
        wanted = CallCommandFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return rows.filter(**wanted.validated_data)

    @extend_schema(parameters=[CallCommandFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)
