"""Conversations and messages as JSON, and what is asked for to send one."""

from base64 import b64decode
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from integrations.models import Conversation, Message
from integrations.models.messages import LONGEST_TEXT, STATES
from integrations.records import AttachmentKind
from tenants.api.strict import StrictSerializer

PHONE = r"^\+[1-9][0-9]{6,14}\Z"
# Of a list in a request; messengers allow fewer.
MOST_ATTACHMENTS, MOST_ROWS, MOST_IN_ROW = 10, 100, 20


class ConversationFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list; a wrong one is a 400 that names it."""

    integration = serializers.UUIDField(required=False)
    phone = serializers.RegexField(PHONE, required=False, help_text="In the form +375291234500.")
    outside_id = serializers.CharField(max_length=200, required=False, help_text="The messenger's own id.")
    waiting = serializers.BooleanField(required=False, help_text="Whether the newest message is theirs.")


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    class Meta:
        model = Conversation
        fields: ClassVar[Any] = (
            "id", "integration", "channel", "outside_id", "title", "phone", "is_group", "is_open", "closed_reason",
            "is_waiting", "last_message_at", "preview", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class MessageFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of the list."""

    conversation = serializers.UUIDField(required=False)
    integration = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)
    direction = serializers.ChoiceField(choices=["in", "out"], required=False)


class Base64Field(serializers.CharField):
    """Bytes as base64 text."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return b64decode(super().to_internal_value(data), validate=True)
        except ValueError as error:
            raise serializers.ValidationError([_("This is not base64.")]) from error


class AttachmentSerializer(StrictSerializer):
    """A file by its address, by the `file_id` of one that came in, or itself: `content` in base64."""

    type = serializers.ChoiceField(choices=[one.value for one in AttachmentKind])
    url = serializers.CharField(max_length=2000, required=False, default="")
    file_id = serializers.CharField(max_length=500, required=False, default="")
    name = serializers.CharField(max_length=300, required=False, default="")
    content = Base64Field(
        required=False, help_text="The file in base64: up to what a request may have (MAX_BODY_SIZE)."
    )
    media_type = serializers.RegexField(
        r"^[\w.+-]+/[\w.+-]+\Z", max_length=200, required=False, help_text="Of `content`, such as image/png."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if "content" in values and (values["url"] or values["file_id"]):
            text = _("Either content, or the address or file_id of a file.")
            raise serializers.ValidationError({"content": [text]})
        if "content" in values and not values["name"]:
            raise serializers.ValidationError({"name": [_("A file needs a name.")]})
        return values


class ButtonSerializer(StrictSerializer):
    """Either `action`, which comes back when it is pressed, or `url`."""

    title = serializers.CharField(max_length=200)
    action = serializers.CharField(max_length=500, required=False, default="")
    url = serializers.CharField(max_length=2000, required=False, default="")


class NewMessageSerializer(StrictSerializer):
    """To a `conversation`, or through an `integration` to a `recipient` (the messenger's id) or a `phone`."""

    conversation = serializers.UUIDField(required=False)
    integration = serializers.UUIDField(required=False)
    recipient = serializers.CharField(max_length=200, required=False)
    phone = serializers.RegexField(PHONE, required=False)
    text = serializers.CharField(max_length=LONGEST_TEXT, required=False, default="", trim_whitespace=False)
    marked = serializers.BooleanField(
        default=False, help_text="*bold*, _italic_, `code` and [titles](https://…) are marks."
    )
    attachments = serializers.ListField(
        child=AttachmentSerializer(), required=False, max_length=MOST_ATTACHMENTS
    )
    buttons = serializers.ListField(
        child=serializers.ListField(child=ButtonSerializer(), max_length=MOST_IN_ROW, allow_empty=False),
        required=False,
        max_length=MOST_ROWS,
        help_text="Rows of buttons.",
    )
    message = serializers.UUIDField(
        required=False, help_text="A message of the conversation that is answered."
    )
    silent = serializers.BooleanField(default=False)


class MessageSerializer(serializers.ModelSerializer[Message]):
    direction = serializers.SerializerMethodField()
    integration = serializers.UUIDField(source="conversation.integration_id")
    channel = serializers.CharField(source="conversation.channel")
    marked = serializers.BooleanField(source="is_marked")

    class Meta:
        model = Message
        fields: ClassVar[Any] = (
            "id", "conversation", "integration", "channel", "direction", "state", "error_code", "error", "sender", "text",
            "marked", "attachments", "buttons", "action", "outside_id", "reply_to_id", "attempts", "created_at", "sent_at",
            "edited_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_direction(self, row: Message) -> str:
        return "out" if row.is_from_us else "in"


class EditSerializer(StrictSerializer):
    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False)


class RetrySerializer(StrictSerializer):
    messages = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=1000)


class RetriedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many of them had failed, and are sent again.")
