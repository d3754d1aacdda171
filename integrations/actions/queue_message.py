"""Queues a message to somebody: one row in the caller's transaction, sent by a worker afterwards."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.receive_message import preview
from integrations.actions.send_message import enqueue_message, outgoing
from integrations.capabilities import Button, Messaging
from integrations.connectors import connector_of
from integrations.models import Conversation, Integration, Message, MessageFile
from integrations.models.messages import LONGEST_TEXT
from integrations.records import Attachment, AttachmentKind, MessageStatus
from tenants.storable import storable, storable_text

LARGEST_FILES: Final = 20 * 1024 * 1024
MOST_FILES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that goes along; what it is follows from its type, unless `kind` says so."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = ""
    kind: AttachmentKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to say; as `OutgoingMessage`, with nothing of the messenger yet.

    `files` are kept here until they were sent, and come behind the `attachments`.
    """

    text: str = ""
    is_marked: bool = False
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to_id: str = ""
    is_silent: bool = False
    files: tuple[NewFile, ...] = ()


@transaction.atomic
def queue_message(
    conversation: Conversation,
    draft: Draft,
    *,
    sender: str = "",
    key: str | None = None,
    correlation_id: UUID | None = None,
) -> Message:
    """The queued message; ValidationError keyed by field where it can never be sent.

    A second one with the same `key` is the first one.
    """
    _check_files(draft)
    row = Message(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        is_from_us=True,
        state=MessageStatus.QUEUED,
        sender=storable_text(sender)[:300],
        text=storable_text(draft.text),
        is_marked=draft.is_marked,
        attachments=[_without_empty(asdict(one)) for one in draft.attachments],
        buttons=[[storable(asdict(one)) for one in row] for row in draft.buttons],
        reply_to_id=draft.reply_to_id,
        is_silent=draft.is_silent,
        key=key,
        queued_at=timezone.now(),
        correlation_id=correlation_id,
    )
    files = [_stored(row, one) for one in draft.files]
    row.attachments += [
        _without_empty(asdict(_attached(stored, one))) for stored, one in zip(files, draft.files, strict=True)
    ]
    _check(row)
    try:
        with transaction.atomic():
            row.save()
            MessageFile.objects.bulk_create(files)
    except IntegrityError:
        first = Message.objects.filter(tenant_id=conversation.tenant_id, key=key).first() if key else None
        if first is None:
            raise
        return first
    _show(conversation, row)
    enqueue_message(row)
    return row


@transaction.atomic
def conversation_with(integration: Integration, outside_id: str) -> Conversation:
    """The conversation with a chat that is known by its id at the messenger only; made when it is new."""
    connector = connector_of(integration.connector)
    if not connector.can(Messaging):
        raise ValidationError({"integration": _("This system sends no messages.")})
    found, _is_new = Conversation.objects.get_or_create(
        integration=integration,
        outside_id=outside_id,
        defaults={"tenant_id": integration.tenant_id, "channel": connector.code},
    )
    return found


def _check_files(draft: Draft) -> None:
    if len(draft.files) + len(draft.attachments) > MOST_FILES:
        text = _("At most %(most)d files can go along.") % {"most": MOST_FILES}
    elif sum(len(one.content) for one in draft.files) > LARGEST_FILES:
        text = _("The files are larger than %(most)d MB together.") % {"most": LARGEST_FILES // 1024 // 1024}
    elif not all(one.content for one in draft.files):
        text = _("One of the files is empty.")
    else:
        return
    raise ValidationError({"attachments": text})


def _stored(row: Message, one: NewFile) -> MessageFile:
    return MessageFile(
        tenant_id=row.tenant_id,
        message=row,
        name=storable_text(one.name)[:300],
        media_type=storable_text(one.media_type)[:200],
        size=len(one.content),
        content=one.content,
    )


def _attached(stored: MessageFile, one: NewFile) -> Attachment:
    return Attachment(
        type=one.kind or _KINDS.get(one.media_type.partition("/")[0], AttachmentKind.FILE),
        stored_id=str(stored.pk),
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
    )


_KINDS: Final[Mapping[str, AttachmentKind]] = {
    "image": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
}


def _check(row: Message) -> None:
    connector = connector_of(row.conversation.integration.connector)
    errors: dict[str, str] = {}
    if not row.text.strip() and not row.attachments:
        errors["text"] = _("Write a text, or attach something.")
    elif len(row.text) > LONGEST_TEXT:
        errors["text"] = _("This text is too long.")
    session = connector.session_class
    if not issubclass(session, Messaging):
        errors["conversation"] = _("This system sends no messages.")
    elif not errors:
        errors |= session.refusals(outgoing(row))
    if errors:
        raise ValidationError(errors)


def _show(conversation: Conversation, row: Message) -> None:
    """An answer is on its way: nobody waits for one any more."""
    conversation.last_message_at, conversation.preview = row.queued_at, preview(row)
    conversation.is_waiting = False
    conversation.save(update_fields=["last_message_at", "preview", "is_waiting", "updated_at"])


def _without_empty(values: dict[str, object]) -> object:
    return storable({name: value for name, value in values.items() if value not in ("", None)})
