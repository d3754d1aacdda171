"""Messages in messengers, chats and e-mail."""

from django.utils.translation import gettext_lazy as _

from integrations.event_types.parts import ID, OPEN, TEXT, schema
from tenants.events import EventType, register

_MESSAGE = schema(
    "id",
    "channel",
    id=ID,
    channel={**TEXT, "minLength": 1, "description": "Such as telegram, whatsapp or email."},
    conversation_id=TEXT,
    contact_id=TEXT,
    sender=TEXT,
    recipient=TEXT,
    text=TEXT,
    attachments={"type": "array", "items": {"type": "object"}},
    reason=TEXT,
)
_EXAMPLE = {
    "id": "m-808",
    "channel": "telegram",
    "conversation_id": "chat-12",
    "contact_id": "c-51",
    "sender": "Anna Example",
    "text": "When will my order come?",
}

register(
    EventType(
        "message.received",
        _("Message received"),
        _("A client wrote."),
        _MESSAGE,
        _EXAMPLE,
        labels=OPEN,
    ),
    EventType(
        "message.sent",
        _("Message sent"),
        _("A message to a client was handed to the channel."),
        _MESSAGE,
        {**_EXAMPLE, "sender": "Boris", "text": "Tomorrow."},
        labels=OPEN,
    ),
    EventType(
        "message.delivered",
        _("Message delivered"),
        _("A message reached the client's device."),
        _MESSAGE,
        _EXAMPLE,
        labels=OPEN,
    ),
    EventType(
        "message.read",
        _("Message read"),
        _("The client has read a message."),
        _MESSAGE,
        _EXAMPLE,
        labels=OPEN,
    ),
    EventType(
        "message.failed",
        _("Message not delivered"),
        _("A message could not be delivered; `reason` says why."),
        _MESSAGE,
        {**_EXAMPLE, "reason": "The client blocked the bot."},
        labels=OPEN,
    ),
)
