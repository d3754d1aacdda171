"""/api/v1/redirects/ and the path that exchanges know, /api/smart-redirect."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.parsers import FormParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from config.metrics import counter
from telephony.actions.request_redirect import Waiting, request_redirect
from telephony.models import Pbx, RedirectDecision, RedirectMode, RedirectOutcome
from telephony.models.pbx import token_digest
from telephony.redirect.asking import named
from tenants import audit
from tenants.access import MANAGERS
from tenants.api.authentication import address_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.parsers import StrictJSONParser
from tenants.api.permissions import HasScope
from tenants.api.strangers import note_wrong, refuse_guesser
from tenants.api.strict import StrictSerializer
from tenants.scoping import all_tenants

UNKNOWN = _("This token is not known.")
strange_fields_total = counter(
    "switchboard_redirect_strange_fields_total", "Fields of POST /api/smart-redirect that mean nothing here."
)


class RedirectSerializer(serializers.ModelSerializer[RedirectDecision]):
    reason = serializers.CharField(source="reason_code", help_text="A stable code.")
    explanation = serializers.CharField(source="why", help_text="The same in words.")

    class Meta:
        model = RedirectDecision
        fields: ClassVar[Any] = (
            "id",
            "created_at",
            "mode",
            "outcome",
            "reason",
            "explanation",
            "phone",
            "line",
            "unique_id",
            "channel",
            "context",
            "extension",
            "source",
            "is_remembered",
            "ms",
            "steps",
            "settled_at",
        )
        read_only_fields = fields


class RedirectFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list."""

    outcome = serializers.ChoiceField(choices=RedirectOutcome.choices, required=False)
    mode = serializers.ChoiceField(choices=RedirectMode.choices, required=False)
    phone = serializers.CharField(required=False, max_length=64, help_text="In E.164.")
    unique_id = serializers.CharField(
        required=False, max_length=150, help_text="The id of the call's channel."
    )


class WaitingCallSerializer(StrictSerializer):
    """A call that waits in the dialplan. One of `unique_id` and `channel` is needed."""

    phone = serializers.CharField(max_length=64, help_text="The client's number.")
    unique_id = serializers.CharField(required=False, max_length=150, allow_blank=True, default="")
    channel = serializers.CharField(
        required=False, max_length=200, allow_blank=True, default="", help_text="The name of its channel."
    )
    line = serializers.CharField(required=False, max_length=64, allow_blank=True, default="")
    context = serializers.CharField(  # type: ignore[assignment]  # a field of that name
        required=False,
        max_length=80,
        allow_blank=True,
        default="",
        help_text="One of those that the settings allow; empty: the first of them.",
    )
    pbx = serializers.UUIDField(required=False, help_text="The exchange, where the company has several.")
    number = serializers.CharField(
        required=False, max_length=10, help_text="The company's number; it has to be the caller's own."
    )

    def validate(self, attrs: Any) -> Any:
        if not attrs["unique_id"] and not attrs["channel"]:
            raise ValidationError({"unique_id": [_("Name the call by unique_id or by channel.")]})
        return attrs


class RedirectViewSet(ReadOnlyTenantViewSet):
    """What became of questions whether a call goes to its manager, newest first; POST moves a waiting call."""

    resource = "redirects"
    model = RedirectDecision
    filters = tuple(RedirectFilterSerializer().fields)
    read_roles = MANAGERS
    write_roles = MANAGERS
    serializer_class = RedirectSerializer

    def scoped_queryset(self) -> QuerySet[RedirectDecision]:
        found = super().scoped_queryset()
        if self.action != "list":
            return found
        wanted = RedirectFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return found.filter(**wanted.validated_data)

    @extend_schema(parameters=[RedirectFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, page by page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=WaitingCallSerializer,
        responses={status.HTTP_200_OK: RedirectSerializer, status.HTTP_202_ACCEPTED: RedirectSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Move a waiting call to the client's manager. 202: it is being looked for; ask for the decision by its id.

        200: this call was asked for before, or what was asked is not possible; the answer says why.
        """
        body = WaitingCallSerializer(data=self._body(request))
        body.is_valid(raise_exception=True)
        asked = dict(body.validated_data)
        self._check_number(asked.pop("number", None))
        pbx = self._pbx(asked.pop("pbx", None))
        begun = timezone.now()
        row = request_redirect(pbx, Waiting(**asked))
        is_new = row.created_at >= begun and row.outcome == RedirectOutcome.PENDING
        if is_new:
            audit.record("redirect.requested", row, after={"phone": row.phone, "channel": row.unique_id})
        code = status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK
        return Response(RedirectSerializer(row).data, status=code)

    def _body(self, request: Request) -> Any:
        return request.data

    def _check_number(self, number: str | None) -> None:
        if number is not None and number != self.tenant.number:
            raise ValidationError({"number": [_("This is another company's number.")]})

    def _pbx(self, wanted: Any) -> Pbx:
        found = Pbx.objects.filter(is_enabled=True)
        if wanted is not None:
            found = found.filter(pk=wanted)
        rows = list(found[:2])
        if len(rows) == 1:
            return rows[0]
        text = _("Name the exchange: there are several.") if rows else _("There is no such exchange.")
        raise ValidationError({"pbx": [text]})


class PbxCaller:
    """The "user" of a request that came with an exchange's token."""

    is_authenticated = True
    is_active = True
    is_superuser = False
    is_staff = False

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx
        self.pk = f"pbx:{pbx.pk}"

    def __str__(self) -> str:
        return str(self.pbx)


class PbxTokenAuthentication(BaseAuthentication):
    """`X-Pbx-Token`, or `Token` in the body as in all messages of exchanges."""

    def authenticate(self, request: Request) -> tuple[PbxCaller, Pbx] | None:
        token = request.headers.get("X-Pbx-Token", "") or _token_in(request.data)
        if not token:
            return None
        refuse_guesser(address_of(request))
        pbx = _pbx_of(token)
        if pbx is None:
            note_wrong(address_of(request), token)
            raise AuthenticationFailed(UNKNOWN)
        request._request.tenant = pbx.tenant  # type: ignore[attr-defined]
        audit.set_actor(audit.Actor(str(pbx), "key", address_of(request)))
        return PbxCaller(pbx), pbx

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class PbxTokenScheme(OpenApiAuthenticationExtension):
    target_class = PbxTokenAuthentication
    name = "pbxToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Pbx-Token"}


def _token_in(data: Any) -> str:
    token = (
        next((data[name] for name in ("Token", "token") if name in data), "") if hasattr(data, "get") else ""
    )
    return token if isinstance(token, str) else ""


def _pbx_of(token: str) -> Pbx | None:
    """The enabled exchange that a token stands for; its former one works as long as everywhere."""
    digest = token_digest(token)
    with all_tenants():
        live = Pbx.objects.filter(is_enabled=True, tenant__is_active=True).select_related("tenant")
        former = live.filter(previous_digest=digest, previous_until__gt=timezone.now())
        return live.filter(token_digest=digest).first() or former.first()


class ExchangeOrScope(BasePermission):
    """An exchange may have its own calls moved; everybody else by scope or role."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Pbx) or HasScope().has_permission(request, view)


class SmartRedirectViewSet(RedirectViewSet):
    """The literal path: with an API key or the exchange's token, and in the spellings that exchanges use."""

    authentication_classes = [PbxTokenAuthentication, *api_settings.DEFAULT_AUTHENTICATION_CLASSES]  # type: ignore[list-item]  # classes, once they are read
    permission_classes = (ExchangeOrScope,)
    parser_classes = (StrictJSONParser, FormParser)

    def _body(self, request: Request) -> Any:
        """Dialplans send more than is asked for; what is not ours is left out, and counted."""
        said = named(request.data)
        known = WaitingCallSerializer().fields
        ours = {name: value for name, value in said.items() if name in known}
        strange_fields_total.inc(by=len(said) - len(ours))
        return ours

    def _pbx(self, wanted: Any) -> Pbx:
        if isinstance(self.request.auth, Pbx):
            return self.request.auth
        return super()._pbx(wanted)
