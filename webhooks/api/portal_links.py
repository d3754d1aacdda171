"""/api/v1/portal-links"""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from webhooks.actions.portal_links import is_allowed_end, make_link, take_back_link
from webhooks.api.shown_once import ShownOnce
from webhooks.models import Endpoint, PortalLink


class OwnEndpoints(serializers.PrimaryKeyRelatedField):
    """Of the tenant in scope: another one's does not exist."""

    def get_queryset(self) -> Any:
        return Endpoint.objects.all()


class PortalLinkSerializer(serializers.ModelSerializer[PortalLink]):
    endpoint = OwnEndpoints()
    is_open = serializers.BooleanField(read_only=True)

    class Meta:
        model = PortalLink
        fields: tuple[str, ...] = (
            *("id", "endpoint", "name", "may_change", "expires_at", "is_open"),
            *("revoked_at", "last_used_at", "made_by", "created_at"),
        )
        read_only_fields = ("id", "revoked_at", "last_used_at", "made_by", "created_at")

    def validate_expires_at(self, value: datetime) -> datetime:
        if not is_allowed_end(value):
            raise ValidationError(_("A link is valid for at most a year, and ends in the future."))
        return value


class NewPortalLinkSerializer(PortalLinkSerializer):
    url = serializers.SerializerMethodField(help_text="What opens the page. Shown only now.")

    class Meta(PortalLinkSerializer.Meta):
        fields = (*PortalLinkSerializer.Meta.fields, "url")

    def get_url(self, link: PortalLink) -> str | None:
        return getattr(link, "made_url", None)


class LinkFilterSerializer(serializers.Serializer[Any]):
    endpoint = serializers.UUIDField(required=False)


class PortalLinkViewSet(ShownOnce, mixins.CreateModelMixin, ReadOnlyTenantViewSet):
    """Links that open one endpoint's deliveries to an outside developer."""

    resource = "portal-links"
    model = PortalLink
    read_roles = MANAGERS
    filters: ClassVar[tuple[str, ...]] = tuple(LinkFilterSerializer().fields)
    shown_once = frozenset({"url"})

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return NewPortalLinkSerializer if self.action == "create" else PortalLinkSerializer

    def scoped_queryset(self) -> QuerySet[PortalLink]:
        found = PortalLink.objects.order_by("-id")
        if self.action != "list":
            return found
        wanted = LinkFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return found.filter(**wanted.validated_data)

    @extend_schema(parameters=[LinkFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first, also those that open nothing any more."""
        return super().list(request, *args, **kwargs)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """The address is in this answer and never again."""
        values = dict(serializer.validated_data)
        link, url = make_link(**values)
        link.made_url = url  # type: ignore[attr-defined]
        serializer.instance = link

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """No `Location`: the framework would take the address for it, and headers are logged and kept."""
        return {}

    @extend_schema(request=None, responses=PortalLinkSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """It opens nothing any more; 409 when it was taken back before."""
        link = self.get_object()
        if not take_back_link(link):
            raise Conflict(_("It was taken back already."))
        return Response(PortalLinkSerializer(link).data)
