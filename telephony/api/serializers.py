"""Calls and their story as JSON, and the filters of the list."""

from typing import Any, ClassVar

from rest_framework import serializers

from telephony.models import Call, CallDirection, CallParticipant, CallStatus
from telephony.selectors import CallFilter


class CallFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list; a wrong one is a 400 that names it."""

    started_from = serializers.DateTimeField(
        required=False, help_text="Began at or after this time (RFC 3339)."
    )
    started_to = serializers.DateTimeField(required=False, help_text="Began before this time.")
    direction = serializers.ChoiceField(choices=CallDirection.choices, required=False)
    status = serializers.MultipleChoiceField(choices=CallStatus.choices, required=False)
    phone = serializers.CharField(
        required=False, max_length=40, help_text="The client's number, in any usual form."
    )
    extension = serializers.CharField(required=False, max_length=10, help_text="Had a part in the call.")

    def wanted(self, region: str) -> CallFilter:
        """The checked filter; `region` completes a local phone number."""
        found = self.validated_data
        return CallFilter(
            started_from=found.get("started_from"),
            started_to=found.get("started_to"),
            direction=found.get("direction", ""),
            statuses=tuple(sorted(found.get("status", ()))),
            phone=found.get("phone", ""),
            extension=found.get("extension", ""),
            region=region,
        )


class CallSerializer(serializers.ModelSerializer[Call]):
    class Meta:
        model = Call
        fields: ClassVar[Any] = (
            "id",
            "external_id",
            "direction",
            "status",
            "client_number",
            "client_raw",
            "client_name",
            "did",
            "trunk",
            "responsible",
            "answered_by",
            "started_at",
            "answered_at",
            "ended_at",
            "talk_seconds",
            "wait_seconds",
            "hangup_cause",
            "flags",
        )


class ParticipantSerializer(serializers.ModelSerializer[CallParticipant]):
    class Meta:
        model = CallParticipant
        fields: ClassVar[Any] = ("extension", "rang_at", "answered_at", "is_caller")


class RingSerializer(serializers.Serializer[Any]):
    extensions = serializers.ListField(child=serializers.CharField())
    at = serializers.DateTimeField()
    synthetic = serializers.BooleanField(
        help_text="No ringing was reported; completed from the answer or hang-up."
    )


class TalkSerializer(serializers.Serializer[Any]):
    extension = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class CallDetailSerializer(CallSerializer):
    """One call with who rang and who talked."""

    participants = ParticipantSerializer(many=True, read_only=True)
    rings = RingSerializer(many=True, read_only=True)
    talks = TalkSerializer(many=True, read_only=True)

    class Meta(CallSerializer.Meta):
        fields: ClassVar[Any] = (*CallSerializer.Meta.fields, "participants", "rings", "talks")


class PartSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    """One line of a call's story."""

    at = serializers.DateTimeField()
    ms = serializers.IntegerField(help_text="Milliseconds since the exchange's first message.")
    source = serializers.ChoiceField(choices=["pbx", "call", "event", "crm", "webhook"])  # type: ignore[assignment]  # a field of that name
    title = serializers.CharField()
    tone = serializers.CharField(help_text="good, warn, bad or empty.")
    text = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    parts = PartSerializer(many=True)
