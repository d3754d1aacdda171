"""/api/v1/recordings/"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.models import Recording, RecordingState
from telephony.recordings.links import LONGEST_MINUTES, MINUTES, personal_link, url_of
from telephony.selectors import visible_calls
from tenants import audit
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from tenants.api.strict import StrictSerializer
from tenants.models import Role, User


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    """Where it lies is nobody's business: it is listened to by a link."""

    class Meta:
        model = Recording
        fields: ClassVar[Any] = ("id", "call", "state", "size", "checked_at", "created_at")
        read_only_fields = fields


class RecordingFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list."""

    call = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=RecordingState.choices, required=False)


class LinkWishSerializer(StrictSerializer):
    minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_MINUTES, default=MINUTES, help_text="How long the link works."
    )


class MadeLinkSerializer(serializers.Serializer[Any]):
    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class RecordingViewSet(ReadOnlyTenantViewSet):
    """Recordings of calls, newest first. Agents see those of their own calls."""

    resource = "recordings"
    model = Recording
    filters = tuple(RecordingFilterSerializer().fields)
    read_roles = MANAGERS | {Role.AGENT}
    write_roles = MANAGERS | {Role.AGENT}
    sees_own = (Role.AGENT,)
    serializer_class = RecordingSerializer

    def scoped_queryset(self) -> QuerySet[Recording]:
        found = super().scoped_queryset()
        member = None if machine_of(self.request) else member_of(self.request._request)
        if member is not None and member.role == Role.AGENT:
            found = found.filter(call_id__in=visible_calls(member).values("id"))
        if self.action != "list":
            return found
        wanted = RecordingFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return found.filter(**wanted.validated_data)

    @extend_schema(parameters=[RecordingFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, page by page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=LinkWishSerializer, responses={status.HTTP_201_CREATED: MadeLinkSerializer})
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: str) -> Response:
        """A link by which the recording can be listened to without credentials, for some minutes."""
        body = LinkWishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = self.get_object()
        if not row.is_playable:
            raise Conflict(
                _("There is nothing to listen to: %(state)s.") % {"state": row.get_state_display()}
            )
        user = None if machine_of(request) else User.objects.get(username=request.user.get_username())
        link = personal_link(
            row, user=user, made_for=str(request.user), minutes=body.validated_data["minutes"]
        )
        audit.record(
            "recording.link_made", row, after={"link": str(link.pk), "until": link.expires_at.isoformat()}
        )
        made = {"url": url_of(link), "expires_at": link.expires_at}
        return Response(MadeLinkSerializer(made).data, status=status.HTTP_201_CREATED)
