"""Shapes of the event log, the catalogue, and what outside systems publish."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from tenants.api.strict import StrictSerializer
from tenants.models import Event
from webhooks import limits
from webhooks.actions.publish_events import LONGEST_KEY
from webhooks.models import OwnEventType


class EventSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = ("id", "type", "occurred_at", "data", "key", "correlation_id")


class EventTypeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    version = serializers.IntegerField()
    deprecated = serializers.BooleanField(source="deprecation")
    deprecation = serializers.CharField(help_text="What to use instead.")
    own = serializers.BooleanField(source="is_own", help_text="Declared by this company itself.")
    publishable = serializers.BooleanField(
        source="is_publishable", help_text="Whether POST /events takes it; others only Switchboard publishes."
    )
    external = serializers.BooleanField(
        source="is_external",
        help_text="Whether only outside systems publish it: Switchboard itself never does.",
    )
    schema = serializers.DictField()
    example = serializers.DictField()


class OwnEventTypeSerializer(serializers.ModelSerializer[OwnEventType]):
    schema = serializers.DictField(
        required=False, help_text="JSON Schema of the data, without references and regular expressions."
    )
    example = serializers.DictField(required=False, help_text="Data that the test button offers.")

    class Meta:
        model = OwnEventType
        fields = (
            "id",
            "name",
            "title",
            "description",
            "schema",
            "example",
            "version",
            "deprecation",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "version", "created_at", "updated_at")

    def create(self, validated_data: dict[str, Any]) -> OwnEventType:
        return _saved(OwnEventType(**validated_data))

    def update(self, instance: OwnEventType, validated_data: dict[str, Any]) -> OwnEventType:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return _saved(instance)


def _saved(row: OwnEventType) -> OwnEventType:
    # The company's unique names are the database's to tell (tenants/api/conflicts.py).
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    return row


class PublicationSerializer(StrictSerializer):
    type = serializers.CharField(max_length=100, help_text="From the catalogue, where it is publishable.")
    data = serializers.DictField(help_text="Checked against the type's schema; at most 256 KB.")  # type: ignore[assignment]  # the stubs know `data` as an attribute
    key = serializers.CharField(
        max_length=LONGEST_KEY,
        required=False,
        help_text="Your own id of the event: what comes again under it is not published twice.",
    )
    occurred_at = serializers.DateTimeField(required=False, help_text="Now, when it is left out.")


class Batch(serializers.ListField):
    """Too many are refused before the first of them is looked at."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > limits.MOST_PUBLISHED:
            raise serializers.ValidationError(
                _("At most %(count)d events at once.") % {"count": limits.MOST_PUBLISHED}, "max_length"
            )
        return super().to_internal_value(data)


class PublicationsSerializer(StrictSerializer):
    events = Batch(child=PublicationSerializer(), allow_empty=False, max_length=limits.MOST_PUBLISHED)


PUBLISH = PolymorphicProxySerializer(
    component_name="Publish",
    serializers=[PublicationSerializer, PublicationsSerializer],
    resource_type_field_name=None,
)


class PublishedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.CharField()
    key = serializers.CharField()
    new = serializers.BooleanField(source="is_new", help_text="False when its key was there before.")


class PublishedAllSerializer(serializers.Serializer[Any]):
    events = PublishedSerializer(many=True)
