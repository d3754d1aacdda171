"""Shapes of deliveries, their attempts, and what is done with many of them."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api.strict import StrictSerializer
from webhooks.models import Attempt, Delivery, DeliveryState, MassAction


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = (
            "n",
            "trigger",
            "started_at",
            "status",
            "error",
            "detail",
            "dns_ms",
            "connect_ms",
            "tls_ms",
            "first_byte_ms",
            "total_ms",
            "is_reused",
            "request_headers",
            "response_headers",
            "response_body",
            "is_cut",
        )


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    reason_text = serializers.SerializerMethodField(help_text="The reason in words, and what to do about it.")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id",
            "event",
            "event_type",
            "endpoint",
            "state",
            "trigger",
            "attempts",
            "last_status",
            "reason",
            "reason_text",
            "next_due",
            "created_at",
            "finished_at",
            "correlation_id",
            "seq",
            "batch",
        )

    @extend_schema_field(serializers.CharField())
    def get_reason_text(self, delivery: Delivery) -> str:
        return " ".join(part for part in delivery.explanation or () if part)


class DeliveryDetailSerializer(DeliverySerializer):
    log = AttemptSerializer(source="tries_made", many=True, read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "log")


class DeliveryFilterSerializer(serializers.Serializer[Any]):
    endpoint = serializers.UUIDField(required=False)
    event = serializers.UUIDField(required=False)
    event_type = serializers.CharField(required=False, max_length=100)
    state = serializers.ChoiceField(DeliveryState.choices, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ReplaySerializer(StrictSerializer, DeliveryFilterSerializer):
    """A filter that is not known is refused: left out, it would mean more than was asked for."""

    state = serializers.ChoiceField(
        [choice for choice in DeliveryState.choices if choice[0] != DeliveryState.PENDING],
        default=DeliveryState.FAILED,
    )
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is sent.")


class CancelSerializer(StrictSerializer, DeliveryFilterSerializer):
    """What waits and fits; a filter that is not known is refused."""

    state = None  # type: ignore[assignment]  # only what waits can be cancelled
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is cancelled.")


class MissingSerializer(StrictSerializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is sent.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] >= attrs["until"]:
            raise serializers.ValidationError({"until": [_("The beginning must be before the end.")]})
        return attrs


class ReplayedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    is_all = serializers.BooleanField(default=True, help_text="False: counted no further than this.")
    mass_action = serializers.UUIDField(
        allow_null=True, default=None, help_text="Where it goes on in the background, when there are many."
    )


class MassActionSerializer(serializers.ModelSerializer[MassAction]):
    class Meta:
        model = MassAction
        fields = (
            *("id", "kind", "endpoint", "wanted", "state", "total", "seen", "done", "percent"),
            *("reason", "made_by", "created_at", "finished_at"),
        )
