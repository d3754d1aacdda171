"""/api/v1/calls/originate and /api/v1/originations: ask for a call, and see what became of it."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.models import Integration
from telephony.actions.click_to_call import CALLERS, Click, request_call
from telephony.dialing.answers import status_of
from telephony.models import OriginateOrigin, OriginateRequest, OriginateState, Pbx
from telephony.selectors.clicks import visible_clicks
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import KEY_LENGTH, ReadOnlyTenantViewSet, TenantAPIView
from tenants.api.strict import StrictSerializer
from tenants.models import Member, Role


class OriginationSerializer(serializers.ModelSerializer[OriginateRequest]):
    reason = serializers.CharField(read_only=True, help_text="Why it was refused or failed, for people.")

    class Meta:
        model = OriginateRequest
        fields: ClassVar[Any] = (
            "id",
            "state",
            "reason_code",
            "reason",
            "extension",
            "phone",
            "origin",
            "requester",
            "integration",
            "call",
            "created_at",
            "sent_at",
            "agent_rang_at",
            "agent_answered_at",
            "client_rang_at",
            "talked_at",
            "ended_at",
        )
        read_only_fields = fields


class NewOriginationSerializer(StrictSerializer):
    phone = serializers.CharField(max_length=64, help_text="Whom to call, in any usual form.")
    extension = serializers.CharField(
        max_length=10,
        required=False,
        allow_blank=True,
        help_text="Whose phone rings first. People leave it out: it is their own.",
    )
    integration = serializers.UUIDField(
        required=False, help_text="The CRM for which it is; with crm_user instead of an extension."
    )
    crm_user = serializers.CharField(max_length=100, required=False, help_text="A user of that CRM.")
    exchange = serializers.UUIDField(required=False, help_text="Where there are several.")


class OriginationFilterSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=OriginateState.choices, required=False)
    extension = serializers.CharField(max_length=10, required=False)


class ClickRefused(exceptions.APIException):
    """409, 422 or 429 with the reason as its code."""

    def __init__(self, click: OriginateRequest) -> None:
        super().__init__(click.reason, click.reason_code)
        self.status_code = int(status_of(click.reason_code))


class OriginateView(TenantAPIView):
    """A refused click is a row, too, which a rolled-back answer of `Idempotency-Key` would take away: so it is kept here."""

    resource = "calls"
    write_roles = CALLERS
    http_method_names = ("post", "options")

    @extend_schema(
        operation_id="calls_originate",
        request=NewOriginationSerializer,
        responses={202: OriginationSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repeat makes no second call."
            )
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        """Ring an extension, and call a number once it is picked up. `state` says later how far it has come."""
        form = NewOriginationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = self._click(request, dict(form.validated_data))
        click = request_call(self.tenant, wanted)
        if click.state == OriginateState.REFUSED:
            raise ClickRefused(click)
        check_repeat(click, wanted.key, wanted.phone, wanted.extension)
        return Response(OriginationSerializer(click).data, status=status.HTTP_202_ACCEPTED)

    def _click(self, request: Request, values: dict[str, Any]) -> Click:
        member = None if machine_of(request) else member_of(request._request)
        if not machine_of(request):
            values["extension"] = _own_extension(member, values.get("extension", ""))
        _check_known(values)
        return Click(
            phone=values["phone"],
            extension=values.get("extension", ""),
            user_id=values.get("crm_user", ""),
            integration_id=values.get("integration"),
            pbx_id=values.get("exchange"),
            member_id=member.pk if member else None,
            requester=str(request.user),
            origin=OriginateOrigin.API,
            key=key_of(request),
        )


def _own_extension(member: Member | None, wanted: str) -> str:
    """People call from their own phone; whose else rings is nobody's to choose."""
    own = member.extension.number if member is not None and member.extension is not None else ""
    if wanted and wanted != own:
        raise exceptions.PermissionDenied(_("Calls can be made from your own extension only."), "not_yours")
    return own


def _check_known(values: dict[str, Any]) -> None:
    """In the tenant's scope: another company's does not exist."""
    for name, model in (("integration", Integration), ("exchange", Pbx)):
        if name in values and not model._default_manager.filter(pk=values[name]).exists():
            raise exceptions.ValidationError({name: [_("There is no such row.")]})


def key_of(request: Request) -> str | None:
    """What names the cause of the click: the caller's `Idempotency-Key`, None without one."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > KEY_LENGTH:
        raise exceptions.ValidationError({"Idempotency-Key": [_("At most 200 characters.")]})
    return f"api:{request.user.pk}:{key}"[:250]


def check_repeat(click: OriginateRequest, key: str | None, phone: str, extension: str) -> None:
    """The same key with another wish is a mistake of the caller's program."""
    wanted = extension.strip()
    if key is not None and (click.asked != phone.strip()[:64] or (wanted and click.extension != wanted)):
        error = exceptions.APIException(
            _("This Idempotency-Key was used with another request."), "key_reused"
        )
        error.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
        raise error


class OriginationViewSet(ReadOnlyTenantViewSet):
    """Calls that were asked for by a click, newest first. Agents see those of their own extension."""

    resource = "calls"
    model = OriginateRequest
    serializer_class = OriginationSerializer
    filters = tuple(OriginationFilterSerializer().fields)
    sees_own = (Role.AGENT,)

    def scoped_queryset(self) -> QuerySet[OriginateRequest]:
        member = None if machine_of(self.request) else member_of(self.request._request)
        rows = visible_clicks(member)
        if self.action != "list":
            return rows
        wanted = OriginationFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return rows.filter(**wanted.validated_data)

    @extend_schema(parameters=[OriginationFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)
