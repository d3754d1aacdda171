"""/api/v1/conversations and /api/v1/messages"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.address_message import address_message
from integrations.actions.edit_message import edit_message
from integrations.actions.queue_message import Draft, NewFile, queue_message
from integrations.actions.retry_messages import retry_messages
from integrations.api import message_serializers as shapes
from integrations.capabilities import Button
from integrations.models import Conversation, Message
from integrations.records import Attachment, AttachmentKind
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet

CONDITIONS = {
    "integration": "integration_id",
    "phone": "phone",
    "outside_id": "outside_id",
    "waiting": "is_waiting",
}


class KeptViewSet(ReadOnlyTenantViewSet):
    """What was said is not deleted by anybody, and so there is nothing to restore: 405, with the reason in words."""

    kept_because: Promise

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them. It cannot be deleted: what was said is a log, which goes by itself after `MESSAGE_RETENTION_DAYS`."""
        return super().retrieve(request, *args, **kwargs)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        reason = str(self.kept_because) if request.method == "DELETE" else None
        raise MethodNotAllowed(request.method or "", reason)


class ConversationViewSet(KeptViewSet):
    """Conversations, the newest first."""

    kept_because = gettext_lazy(
        "Conversations are not deleted: they are the log of what was said, and the next message would open this one anew."
    )

    resource = "conversations"
    model = Conversation
    serializer_class = shapes.ConversationSerializer
    filters = tuple(shapes.ConversationFilterSerializer().fields)
    read_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[Conversation]:
        rows = Conversation.objects.all()
        if self.action != "list":
            return rows
        wanted = _checked(shapes.ConversationFilterSerializer(data=self.request.query_params))
        given = {
            name: wanted[key]
            for key, name in CONDITIONS.items()
            if key in wanted and key in self.request.query_params
        }
        return rows.filter(**given)

    @extend_schema(parameters=[shapes.ConversationFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)


class MessageViewSet(KeptViewSet):
    """Messages, theirs and ours, the newest first."""

    kept_because = gettext_lazy(
        "Messages are not deleted: they are the log of what was said, and deleting one here would take "
        "it from nobody's telephone. They go by themselves once they are older than the installation keeps them."
    )

    resource = "messages"
    model = Message
    serializer_class = shapes.MessageSerializer
    filters = tuple(shapes.MessageFilterSerializer().fields)
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[Message]:
        rows = Message.objects.select_related("conversation")
        if self.action != "list":
            return rows
        wanted = _checked(shapes.MessageFilterSerializer(data=self.request.query_params))
        given = {
            "conversation_id": wanted.get("conversation"),
            "conversation__integration_id": wanted.get("integration"),
            "state": wanted.get("state"),
        }
        if "direction" in wanted:
            rows = rows.filter(is_from_us=wanted["direction"] == "out")
        return rows.filter(**{name: value for name, value in given.items() if value is not None})

    @extend_schema(parameters=[shapes.MessageFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=shapes.NewMessageSerializer, responses={202: shapes.MessageSerializer})
    def create(self, request: Request) -> Response:
        """Queue a message. `state` says later whether it was sent; `message.sent` and `message.failed` tell of it."""
        values = _checked(shapes.NewMessageSerializer(data=request.data))
        with transaction.atomic():  # a recipient who is new is not kept where the message is refused
            conversation = address_message(
                conversation=values.get("conversation"),
                integration=values.get("integration"),
                recipient=values.get("recipient", ""),
                phone=values.get("phone", ""),
            )
            row = queue_message(conversation, _draft(values, conversation), sender=str(request.user))
        return Response(self.get_serializer(row).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="messages_retry_many",
        request=shapes.RetrySerializer,
        responses=shapes.RetriedSerializer,
    )
    @action(detail=False, methods=["post"])
    def retry(self, request: Request) -> Response:
        """Send failed messages again. Parts that were sent are not repeated."""
        values = _checked(shapes.RetrySerializer(data=request.data))
        return Response({"count": retry_messages(values["messages"])})

    @extend_schema(request=shapes.EditSerializer, responses={202: shapes.MessageSerializer})
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, **_kwargs: Any) -> Response:
        """Change the text of what was sent. `edited_at` says when it was, `error` why it was not."""
        row = edit_message(self.get_object(), _checked(shapes.EditSerializer(data=request.data))["text"])
        return Response(self.get_serializer(row).data, status=status.HTTP_202_ACCEPTED)


def _draft(values: dict[str, Any], conversation: Conversation) -> Draft:
    return Draft(
        text=values["text"],
        is_marked=values["marked"],
        attachments=tuple(
            Attachment(**{**one, "type": AttachmentKind(one["type"])})
            for one in values.get("attachments", ())
            if "content" not in one
        ),
        files=tuple(
            NewFile(
                name=one["name"],
                content=one["content"],
                media_type=one.get("media_type", ""),
                kind=AttachmentKind(one["type"]),
            )
            for one in values.get("attachments", ())
            if "content" in one
        ),
        buttons=tuple(tuple(Button(**one) for one in row) for row in values.get("buttons", ())),
        reply_to_id=_answered(values, conversation),
        is_silent=values["silent"],
    )


def _answered(values: dict[str, Any], conversation: Conversation) -> str:
    if "message" not in values:
        return ""
    found = Message.objects.filter(pk=values["message"], conversation=conversation)
    outside_id = found.values_list("outside_id", flat=True).first()
    if outside_id is None:
        raise ValidationError({"message": [_("There is no such message in this conversation.")]})
    return outside_id


def _checked(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
