"""Calls and their story as JSON, and the filters of the list."""

from typing import Any, ClassVar

from rest_framework import serializers

from telephony.models import Call, CallDirection, CallLeg, CallParticipant, CallStatus
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
    ends_with = serializers.RegexField(
        r"^[0-9]{3,15}\Z", required=False, help_text="The last digits of the client's number."
    )
    line = serializers.CharField(required=False, max_length=100, help_text="Came by this line or trunk.")
    missed = serializers.ChoiceField(
        choices=["1", "open"],
        required=False,
        help_text="`1`: nobody served the client; `open`: and nobody has reached them since.",
    )
    recorded = serializers.ChoiceField(choices=["1"], required=False, help_text="With a recording.")
    crm = serializers.ChoiceField(
        choices=["problem"], required=False, help_text="A message about it to a CRM failed."
    )
    wait_from = serializers.IntegerField(
        required=False, min_value=0, max_value=10**6, help_text="Waited for at least so many seconds."
    )
    wait_to = serializers.IntegerField(required=False, min_value=0, max_value=10**6)
    talk_from = serializers.IntegerField(
        required=False, min_value=0, max_value=10**6, help_text="Talked for at least so many seconds."
    )
    talk_to = serializers.IntegerField(required=False, min_value=0, max_value=10**6)

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
            ends_with=found.get("ends_with", ""),
            narrowed={name: found[name] for name in ("line", "missed", "recorded", "crm") if found.get(name)},
            wait=(found.get("wait_from"), found.get("wait_to")),
            talk=(found.get("talk_from"), found.get("talk_to")),
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
            "ended_by",
            "queue",
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


class LegSerializer(serializers.ModelSerializer[CallLeg]):
    """One channel. The dialplan tells of none: they come from the manager interface or the call records."""

    class Meta:
        model = CallLeg
        fields: ClassVar[Any] = (
            "channel",
            "device",
            "role",
            "extension",
            "number",
            "began_at",
            "rang_at",
            "answered_at",
            "ended_at",
            "cause",
            "cause_text",
            "dial_status",
        )


class CallDetailSerializer(CallSerializer):
    """One call with who rang, who talked, and its channels."""

    participants = ParticipantSerializer(many=True, read_only=True)
    legs = LegSerializer(many=True, read_only=True)
    rings = RingSerializer(many=True, read_only=True)
    talks = TalkSerializer(many=True, read_only=True)

    class Meta(CallSerializer.Meta):
        fields: ClassVar[Any] = (
            *CallSerializer.Meta.fields,
            "hangup_reason",
            "participants",
            "legs",
            "rings",
            "talks",
        )


class PartSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    """One line of a call's story."""

    at = serializers.DateTimeField()
    ms = serializers.IntegerField(help_text="Milliseconds since the exchange's first message.")
    source = serializers.ChoiceField(choices=["pbx", "call", "event", "crm", "webhook", "redirect"])  # type: ignore[assignment]  # a field of that name
    title = serializers.CharField()
    tone = serializers.CharField(help_text="good, warn, bad or empty.")
    text = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    parts = PartSerializer(many=True)


class PopupStepSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Which step: the same in every language.")
    tone = serializers.CharField(help_text="good, warn or bad; empty for what only informs.")
    title = serializers.CharField()
    text = serializers.CharField()
    advice = serializers.CharField(help_text="What to do about it.")


class PopupDiagnosisSerializer(serializers.Serializer[Any]):
    """The way of a call's pop-up; the verdict is the first thing that went wrong."""

    verdict = serializers.CharField()
    is_well = serializers.BooleanField()
    steps = PopupStepSerializer(many=True)
