"""Shapes of what sources and inbound requests take and give."""

from datetime import datetime
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api.strict import StrictSerializer
from webhooks import limits
from webhooks.api.endpoint_serializers import RotationSerializer
from webhooks.models import Inbound, InboundReplay, InboundState, Source, SourceTally
from webhooks.owners import Finding
from webhooks.presets import PRESETS

ABOUT_OWN = (
    "Write-only. Left out, one is made and shown in this answer only, unless only the sender can make it."
)


class SourceSerializer(serializers.ModelSerializer[Source]):
    """Everything but the secret."""

    preset = serializers.ChoiceField(sorted(PRESETS), read_only=True)
    enabled = serializers.BooleanField(source="is_enabled", required=False)
    options = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    tolerance = serializers.IntegerField(
        min_value=limits.ALLOWED_TOLERANCE[0], max_value=limits.ALLOWED_TOLERANCE[-1], required=False
    )
    expected = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Names of events, as the sender writes them; a star at the end stands for any rest.",
    )
    relay = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=60,
        help_text="Publish requests also as events of this group (`shop.*`) or type (`shop.news`).",
    )
    relay_headers = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        help_text="Names of the sender's headers that are handed on with relayed events.",
    )
    url = serializers.SerializerMethodField(help_text="To paste at the sender.")
    last_received = serializers.SerializerMethodField()
    rejected = serializers.SerializerMethodField(help_text="Requests that were refused.")
    duplicates = serializers.SerializerMethodField(help_text="Repeats that were absorbed.")

    class Meta:
        model = Source
        fields: tuple[str, ...] = (
            "id",
            "name",
            "preset",
            "url",
            "description",
            "options",
            "tolerance",
            "enabled",
            "intake",
            "expected",
            "relay",
            "relay_headers",
            "relay_original",
            "owner",
            "previous_until",
            "last_received",
            "rejected",
            "duplicates",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "owner", "previous_until", "created_at", "updated_at")

    def get_url(self, source: Source) -> str:
        return settings.PUBLIC_URL + source.path

    def get_last_received(self, source: Source) -> datetime | None:
        return getattr(source, "last_received", None)

    def get_rejected(self, source: Source) -> int:
        return _tally(source).rejected

    def get_duplicates(self, source: Source) -> int:
        return _tally(source).duplicates

    def update(self, instance: Source, validated_data: dict[str, Any]) -> Source:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.full_clean()
        instance.save()
        return instance


class NewSourceSerializer(SourceSerializer):
    preset = serializers.ChoiceField(sorted(PRESETS))
    secret = serializers.CharField(required=False, write_only=True, trim_whitespace=True, help_text=ABOUT_OWN)
    made_secret = serializers.SerializerMethodField(
        help_text="The secret that was made here, shown only now."
    )

    class Meta(SourceSerializer.Meta):
        fields = (*SourceSerializer.Meta.fields, "secret", "made_secret")

    def get_made_secret(self, source: Source) -> str | None:
        return getattr(source, "made_secret", None)


class SourceSecretSerializer(RotationSerializer):
    secret = serializers.CharField(required=False, help_text=ABOUT_OWN)


class InboundSerializer(serializers.ModelSerializer[Inbound]):
    received_at = serializers.DateTimeField(source="created_at")
    event = serializers.CharField(source="event_type")
    reason_text = serializers.SerializerMethodField(help_text="The reason in words, and what to do about it.")

    class Meta:
        model = Inbound
        fields: tuple[str, ...] = (
            "id",
            "source",
            "received_at",
            "event",
            "state",
            "reason",
            "reason_text",
            "dedup_key",
            "content_type",
            "address",
            "is_former_secret",
            "replays",
            "processed_at",
            "handling",
            "handled_at",
            "correlation_id",
        )

    @extend_schema_field(serializers.CharField())
    def get_reason_text(self, row: Inbound) -> str:
        return " ".join(part for part in row.explanation or () if part)


class FoundSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    finding = serializers.ChoiceField([one.value for one in Finding])
    text = serializers.CharField()


class InboundDetailSerializer(InboundSerializer):
    """With the request itself; what proves or logs in is masked."""

    headers = serializers.DictField(child=serializers.CharField(), read_only=True)
    outcomes = serializers.SerializerMethodField(
        help_text="What the owner of the source found in it, and what became of each thing."
    )
    body = serializers.SerializerMethodField(help_text="As text; bytes that are no UTF-8 are replaced.")
    size = serializers.SerializerMethodField(help_text="Bytes of the body.")

    class Meta(InboundSerializer.Meta):
        fields = (*InboundSerializer.Meta.fields, "query", "headers", "outcomes", "body", "size")

    @extend_schema_field(FoundSerializer(many=True))
    def get_outcomes(self, row: Inbound) -> list[dict[str, str]]:
        return row.outcomes or []

    def get_body(self, row: Inbound) -> str:
        return bytes(row.body).decode("utf-8", "replace")

    def get_size(self, row: Inbound) -> int:
        return len(row.body)


class InboundFilterSerializer(serializers.Serializer[Any]):
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]
    state = serializers.ChoiceField(InboundState.choices, required=False)
    event = serializers.CharField(required=False, max_length=200)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class InboundReplaySerializer(StrictSerializer, InboundFilterSerializer):
    """As with deliveries, a filter that is not known is refused."""

    state = serializers.ChoiceField(
        [choice for choice in InboundState.choices if choice[0] != InboundState.RECEIVED],
        default=InboundState.FAILED,
    )
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is processed.")


class InboundReplayedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    replay = serializers.UUIDField(
        allow_null=True, default=None, help_text="Where it goes on in the background, when there are many."
    )


class ReplayRunSerializer(serializers.ModelSerializer[InboundReplay]):
    class Meta:
        model = InboundReplay
        fields = (
            *("id", "source", "wanted_state", "event", "since", "until"),
            *("state", "total", "done", "percent", "created_at", "finished_at"),
        )


def _tally(source: Source) -> SourceTally:
    """A source that never refused anything has none."""
    found = SourceTally() if source._state.adding else getattr(source, "tally", None)
    return found or SourceTally()
