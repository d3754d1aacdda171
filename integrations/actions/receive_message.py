"""Stores what a messenger tells: conversations and messages, each once, with its event in the same transaction."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.actions.acknowledge_press import queue_acknowledgement
from integrations.actions.announce_messages import announce_messages
from integrations.actions.move_conversation import move_conversation
from integrations.models import Conversation, Integration, Message
from integrations.models.messages import LONGEST_TEXT, PREVIEW
from integrations.records import Conversation as ToldConversation
from integrations.records import Message as ToldMessage
from tenants.storable import storable, storable_text


@transaction.atomic
def receive_conversation(integration: Integration, told: ToldConversation) -> Conversation:
    """The conversation as it is now: made when it is new, brought up to date, moved where its id has changed."""
    if told.former_id:
        move_conversation(integration, _cut(told.former_id, 200), _cut(told.outside_id, 200))
    row, is_new = Conversation.objects.get_or_create(
        integration=integration,
        outside_id=_cut(told.outside_id, 200),
        defaults={"tenant_id": integration.tenant_id, **_state(told)},
    )
    changed = {name: value for name, value in _state(told).items() if getattr(row, name) != value}
    if not is_new and changed:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=[*changed, "updated_at"])
    return row


@transaction.atomic
def receive_message(
    integration: Integration, told: ToldMessage, correlation_id: UUID | None = None
) -> Message:
    """The stored message. A repetition changes nothing, an edit changes the text; only a new one is an event."""
    conversation, _is_new = Conversation.objects.get_or_create(
        integration=integration,
        outside_id=_cut(told.conversation_id, 200),
        defaults={
            "tenant_id": integration.tenant_id,
            "channel": told.channel,
            "title": _cut(told.sender, 300),
        },
    )
    row, is_new = Message.objects.get_or_create(
        conversation=conversation,
        outside_id=_cut(told.outside_id, 200),
        defaults={"tenant_id": integration.tenant_id, "correlation_id": correlation_id, **_content(told)},
    )
    row.conversation = conversation
    if not is_new:
        _edit(row, told)
        return row
    _bring_up(conversation, row)
    announce_messages([row])
    if row.press_id:
        queue_acknowledgement(row)
    return row


def _state(told: ToldConversation) -> dict[str, Any]:
    """What is to be written; a name or a phone that is not told this time is kept."""
    values: dict[str, Any] = {
        "channel": told.channel,
        "is_group": told.is_group,
        "is_open": told.is_open,
        "closed_reason": _cut(told.closed_reason, 300),
    }
    optional = {"title": _cut(told.title, 300), "phone": told.phone[:20], "custom": storable(told.custom)}
    return values | {name: value for name, value in optional.items() if value}


def _content(told: ToldMessage) -> dict[str, Any]:
    return {
        "is_from_us": told.is_from_us,
        "state": told.status,
        "sender_id": _cut(told.sender_id, 200),
        "sender": _cut(told.sender, 300),
        "text": _cut(told.text, LONGEST_TEXT),
        "attachments": [_stored(asdict(one)) for one in told.attachments],
        "action": _cut(told.action, 500),
        "press_id": _cut(told.press_id, 200),
        "reply_to_id": _cut(told.reply_to_id, 200),
        "error": told.error,
        "sent_at": told.sent_at or timezone.now(),
        "edited_at": told.edited_at,
    }


def _stored(attachment: dict[str, Any]) -> Any:
    return storable({name: value for name, value in attachment.items() if value not in ("", None)})


def _edit(row: Message, told: ToldMessage) -> None:
    """Edits may come twice and in any order; ours are known better here."""
    is_newer = told.edited_at is not None and (row.edited_at is None or told.edited_at > row.edited_at)
    if not is_newer or row.is_from_us:
        return
    row.text, row.edited_at = _cut(told.text, LONGEST_TEXT), told.edited_at
    row.attachments = _content(told)["attachments"]
    row.save(update_fields=["text", "attachments", "edited_at"])


def _bring_up(conversation: Conversation, row: Message) -> None:
    """What lists show of the newest message; a late one from before does not replace it."""
    sent_at = row.sent_at or row.created_at
    if conversation.last_message_at is not None and sent_at < conversation.last_message_at:
        return
    conversation.last_message_at, conversation.preview = sent_at, preview(row)
    conversation.is_waiting = not row.is_from_us
    conversation.save(update_fields=["last_message_at", "preview", "is_waiting", "updated_at"])


def preview(row: Message) -> str:
    """A line for lists: the text, else what was pressed, else what came along."""
    names = ", ".join(str(one.get("name") or one.get("type", "")) for one in row.attachments)
    return (row.text or row.action or names)[:PREVIEW]


def _cut(text: str, length: int) -> str:
    return storable_text(text)[:length]
