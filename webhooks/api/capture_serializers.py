"""Shapes of captures, of what they recorded, and of who may have sent it."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api.strict import StrictSerializer
from webhooks.guessing import Guess
from webhooks.ingest.arrived import shown_query, unproved_headers
from webhooks.models import Capture, CapturedRequest
from webhooks.presets import PRESETS

LONGEST_SECRET = 10_000
# Characters of a body; what is longer is cut, and `size` says how long it was.
SHOWN = 20_000
STATES = ("recording", "over", "used")


class CaptureSerializer(serializers.ModelSerializer[Capture]):
    url = serializers.SerializerMethodField(help_text="To paste at the sender.")
    state = serializers.SerializerMethodField(help_text="`used`: a source was made of it, at the same URL.")

    class Meta:
        model = Capture
        fields: tuple[str, ...] = (
            *("id", "name", "url", "state", "requests", "expires_at", "source", "created_at"),
        )
        read_only_fields = ("id", "requests", "expires_at", "source", "created_at")

    def get_url(self, capture: Capture) -> str:
        return settings.PUBLIC_URL + capture.path

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, capture: Capture) -> str:
        if capture.has_source:
            return "used"
        return "recording" if capture.is_recording else "over"


class CapturedRequestSerializer(serializers.ModelSerializer[CapturedRequest]):
    """What usually logs in is masked: a capture is for looking."""

    received_at = serializers.DateTimeField(source="created_at")
    query = serializers.SerializerMethodField()
    headers = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField(
        help_text=f"As text, at most {SHOWN} characters; bytes that are no UTF-8 are replaced."
    )
    size = serializers.SerializerMethodField(help_text="Bytes of the body.")

    class Meta:
        model = CapturedRequest
        fields = ("id", "received_at", "method", "address", "query", "headers", "body", "size")

    def get_query(self, row: CapturedRequest) -> str:
        return shown_query(row.query)

    def get_headers(self, row: CapturedRequest) -> dict[str, str]:
        return unproved_headers(row.headers)

    def get_body(self, row: CapturedRequest) -> str:
        return bytes(row.body).decode("utf-8", "replace")[:SHOWN]

    def get_size(self, row: CapturedRequest) -> int:
        return len(row.body)


class CaptureDetailSerializer(CaptureSerializer):
    recorded = serializers.SerializerMethodField(help_text="Newest first, fifty at most.")

    class Meta(CaptureSerializer.Meta):
        fields = (*CaptureSerializer.Meta.fields, "recorded")

    @extend_schema_field(CapturedRequestSerializer(many=True))
    def get_recorded(self, capture: Capture) -> Any:
        return CapturedRequestSerializer(capture.captured.order_by("-id"), many=True).data


class SuggestSerializer(StrictSerializer):
    secret = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_SECRET,
        help_text="What the sender shows as secret, token or key. It is neither kept nor shown.",
    )


class SuggestionSerializer(serializers.Serializer[Guess]):
    preset = serializers.CharField(source="preset.name")
    title = serializers.CharField(source="preset.title")
    options = serializers.DictField(child=serializers.CharField())
    proves = serializers.IntegerField(
        help_text="So many of the recorded requests; 0: only their headers look like it."
    )


class SuggestionsSerializer(serializers.Serializer[Any]):
    recorded = serializers.IntegerField(help_text="Requests that were looked at.")
    suggestions = SuggestionSerializer(many=True, help_text="The best first.")


class UseSerializer(StrictSerializer):
    """The suggestions are worked out anew; without `preset`, the first of those that prove something is taken."""

    secret = serializers.CharField(max_length=LONGEST_SECRET)
    preset = serializers.ChoiceField(sorted(PRESETS), required=False)
    name = serializers.CharField(
        required=False, max_length=100, help_text="The capture's own when it is left out."
    )
