"""/api/v1/api-keys"""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import ADMINISTRATORS
from tenants.actions.change_key import change_key, delete_key
from tenants.actions.create_key import create_key
from tenants.actions.rotate_key import LONGEST_OVERLAP, OVERLAP, rotate_key
from tenants.addresses import clean_networks
from tenants.api.authentication import machine_of
from tenants.api.base import TenantViewSet
from tenants.api.conflicts import told_conflicts
from tenants.api.strict import StrictSerializer
from tenants.models import ApiKey
from tenants.scopes import clean_scopes

SHOWN_ONCE = "The key, or for one that must sign its signing secret. Shown in this answer only."


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=200,
        help_text="Such as `calls:read`, `endpoints:*`, or `*` for everything.",
    )
    allowed_networks = serializers.ListField(
        child=serializers.CharField(max_length=50),
        required=False,
        max_length=100,
        help_text="IPv4 and IPv6 addresses or networks from where it may be used; empty for everywhere.",
    )
    requests_per_minute = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id", "name", "prefix", "scopes", "expires_at", "allowed_networks", "requests_per_minute", "must_sign",
            "is_active", "previous_prefix", "previous_until", "last_used_at", "last_used_from", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "id", "prefix", "previous_prefix", "previous_until", "last_used_at", "last_used_from", "created_at",
        )  # fmt: skip

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        return _told(clean_scopes, scopes)

    def validate_allowed_networks(self, networks: list[str]) -> list[str]:
        return _told(clean_networks, networks)


class NewApiKeySerializer(ApiKeySerializer):
    key = serializers.CharField(source="shown_secret", read_only=True, help_text=SHOWN_ONCE)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")


class KeyRotationSerializer(StrictSerializer):
    overlap_hours = serializers.FloatField(
        min_value=0,
        max_value=LONGEST_OVERLAP.total_seconds() / 3600,
        default=OVERLAP.total_seconds() / 3600,
        help_text="For so long the old key works, too.",
    )


class ApiKeyViewSet(TenantViewSet):
    """Keys of machines. Nobody can hand on more than they have: a key makes and changes keys within its own scopes."""

    resource = "api-keys"
    model = ApiKey
    serializer_class = ApiKeySerializer
    read_roles = ADMINISTRATORS

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return NewApiKeySerializer if self.action == "create" else ApiKeySerializer

    def scoped_queryset(self) -> QuerySet[Any]:
        return ApiKey.objects.order_by("-id")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """The key is in this answer and never again."""
        self._refuse_more_than_own(serializer.validated_data["scopes"])
        key = ApiKey(tenant=self.tenant, **serializer.validated_data)
        with told_conflicts(ApiKey, serializer, self.tenant):
            key.shown_secret = create_key(key)  # type: ignore[attr-defined]
        serializer.instance = key

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        key = serializer.instance
        assert isinstance(key, ApiKey)
        self._refuse_more_than_own([*key.scopes, *serializer.validated_data.get("scopes", ())])
        if serializer.validated_data.get("must_sign") and not key.must_sign:
            raise PermissionDenied(
                _("Make a new key that must sign; this one's secret could not be shown here.")
            )
        for name, value in serializer.validated_data.items():
            setattr(key, name, value)
        with told_conflicts(ApiKey, serializer, self.tenant):
            change_key(key)

    def perform_destroy(self, instance: Model) -> None:
        assert isinstance(instance, ApiKey)
        self._refuse_more_than_own(instance.scopes)
        delete_key(instance)

    @extend_schema(request=KeyRotationSerializer, responses=NewApiKeySerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Make a new key; the old one works until the overlap ends. A key may rotate itself."""
        key: ApiKey = self.get_object()
        self._refuse_more_than_own(key.scopes)
        wanted = KeyRotationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        overlap = timedelta(hours=wanted.validated_data["overlap_hours"])
        key.shown_secret = rotate_key(key, overlap)  # type: ignore[attr-defined]
        return Response(NewApiKeySerializer(key).data)

    def _refuse_more_than_own(self, scopes: list[str]) -> None:
        machine = machine_of(self.request)
        if machine is not None and not machine.allows_all(scopes):
            raise PermissionDenied(_("A key can only hand on scopes that it has itself."), "scope_missing")


def _told(check: Any, values: list[str]) -> list[str]:
    try:
        return list(check(values))
    except ModelValidationError as error:
        raise serializers.ValidationError(error.messages) from error
