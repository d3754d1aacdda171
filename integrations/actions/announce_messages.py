"""Tells of messages in the event log, in the transaction that stores what became of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.models import Message
from integrations.records import MessageStatus
from tenants.events import NewEvent, emit_many

TYPES = {
    MessageStatus.RECEIVED: "message.received",
    MessageStatus.SENT: "message.sent",
    MessageStatus.FAILED: "message.failed",
}


def announce_messages(rows: Iterable[Message]) -> None:
    """One event for each that was received, sent or given up; their conversations have to be loaded.

    A message may fail several times, once after each retry by a person; it is received and sent once.
    """
    emit_many(
        [
            NewEvent(
                row.tenant_id,
                TYPES[MessageStatus(row.state)],
                described(row),
                key=_key(row),
                correlation_id=row.correlation_id,
                occurred_at=row.sent_at if row.state == MessageStatus.RECEIVED else None,
            )
            for row in rows
            if row.state in TYPES
        ]
    )


def _key(row: Message) -> str:
    base = f"{TYPES[MessageStatus(row.state)]}:{row.pk}"
    return f"{base}:{row.attempts}" if row.state == MessageStatus.FAILED else base


def described(row: Message) -> dict[str, Any]:
    """The event's data. Ids are ours: with `conversation_id` an answer can be sent by the API."""
    conversation = row.conversation
    other_side = "recipient" if row.is_from_us else "sender"
    told: dict[str, Any] = {
        "id": str(row.pk),
        "channel": conversation.channel,
        "integration_id": str(conversation.integration_id),
        "conversation_id": str(conversation.pk),
        "sender": row.sender,
        other_side: row.sender if not row.is_from_us else conversation.title,
        "text": row.text,
        "attachments": [_attachment(one) for one in row.attachments],
        "outside_id": row.outside_id,
        "is_group": conversation.is_group,
    }
    optional = {"action": row.action, "reason": row.error, "phone": conversation.phone}
    return told | {name: value for name, value in optional.items() if value}


def _attachment(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("type", "name", "media_type", "size", "url") if one.get(name)}
