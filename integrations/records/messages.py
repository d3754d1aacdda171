"""Conversations in messengers, and their messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.records.base import Record
from integrations.records.kinds import RecordKind


class AttachmentKind(StrEnum):
    """What a message can carry beside its text."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"

    @property
    def label(self) -> Promise:
        return _ATTACHMENTS[self]


_ATTACHMENTS: dict[AttachmentKind, Promise] = {
    AttachmentKind.IMAGE: _("picture"),
    AttachmentKind.VIDEO: _("video"),
    AttachmentKind.AUDIO: _("audio"),
    AttachmentKind.VOICE: _("voice message"),
    AttachmentKind.FILE: _("file"),
    AttachmentKind.STICKER: _("sticker"),
    AttachmentKind.LOCATION: _("place"),
    AttachmentKind.CONTACT: _("contact card"),
}


class MessageStatus(StrEnum):
    """How far a message came."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"

    @property
    def label(self) -> Promise:
        return _STATUSES[self]


_STATUSES: dict[MessageStatus, Promise] = {
    MessageStatus.RECEIVED: _("received"),
    MessageStatus.QUEUED: _("waiting"),
    MessageStatus.SENT: _("sent"),
    MessageStatus.DELIVERED: _("delivered"),
    MessageStatus.READ: _("read"),
    MessageStatus.FAILED: _("failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """`file_id` names it at the messenger; `url` is empty where it has to be asked for with our credentials.

    `stored_id` names a file that is kept here until it has been sent.
    """

    type: AttachmentKind
    file_id: str = ""
    url: str = ""
    stored_id: str = ""
    name: str = ""
    media_type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Record):
    """One chat. `channel` is the messenger's code, such as telegram.

    `is_open` is false while it cannot be written to, and `closed_reason` says in words why. `phone` is the person's, in
    E.164, where they gave it themselves. `former_id` is its id before the messenger gave it another one.
    """

    kind: ClassVar[RecordKind] = RecordKind.CONVERSATION

    channel: str = ""
    title: str = ""
    contact_ids: tuple[str, ...] = ()
    is_group: bool = False
    is_open: bool = True
    closed_reason: str = ""
    phone: str = ""
    former_id: str = ""
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Record):
    """One message. `is_from_us` when a member or the hub wrote it; `error` says in words why it failed.

    `action` is what a pressed button carries, and `press_id` what the messenger wants to see acknowledged of it.
    """

    kind: ClassVar[RecordKind] = RecordKind.MESSAGE

    conversation_id: str = ""
    channel: str = ""
    is_from_us: bool = False
    sender_id: str = ""
    sender: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    action: str = ""
    press_id: str = ""
    reply_to_id: str = ""
    status: MessageStatus = MessageStatus.RECEIVED
    error: str = ""
    sent_at: datetime | None = None
    edited_at: datetime | None = None
