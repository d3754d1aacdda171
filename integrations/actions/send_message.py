"""Sends one part of one queued message, and says what came of it.

Messages of a conversation leave in the order in which they were queued: a later one steps out of the queue while an
earlier one is in it, and whoever settles that one puts the next back. A part is written down as under way before it
leaves: whoever finds it so knows that a worker died there, and that the part may have arrived.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations import live
from integrations.capabilities import Button, Messaging, OutgoingMessage, SentMessage
from integrations.http.errors import OutcomeUnknown
from integrations.http.journal import Journal
from integrations.models import Message, MessageFile
from integrations.records import Attachment, AttachmentKind, MessageStatus
from integrations.sessions import open_session
from tenants.errors import ConfigError, HubError, RateLimited, TransientError
from tenants.work import Leased, backoff, enqueue

LANE: Final = "integrations.messages"
SECONDS: Final = 25.0
# About a day: quick at first, then once an hour.
RETRIES: Final = (1.0, 4.0, 15.0, 60.0, 240.0, 900.0, 1800.0, *([3600.0] * 23))
LIFE: Final = timedelta(hours=24)
PAUSED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a try. `retry_in` None: settled. `is_attempt` False: nothing was sent, only waited.

    `sent` is what the messenger made of the part, `spacing` how long the conversation rests after it.
    """

    message: Message
    state: MessageStatus = MessageStatus.QUEUED
    error: HubError | None = None
    reason: str = ""
    retry_in: float | None = None
    is_attempt: bool = True
    is_unknown: bool = False
    sent: SentMessage | None = None
    spacing: float = 0.0
    journal: Journal = field(default_factory=Journal)


def enqueue_message(row: Message, *, again: bool = False) -> None:
    """In the caller's transaction."""
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.conversation.integration_id), None)], again=again)


def outgoing(row: Message) -> OutgoingMessage:
    """The row as messengers take it."""
    return OutgoingMessage(
        key=str(row.pk),
        conversation_id=row.conversation.outside_id,
        text=row.text,
        is_marked=row.is_marked,
        attachments=tuple(_attachment(one) for one in row.attachments),
        buttons=tuple(tuple(Button(**one) for one in line) for line in row.buttons),
        reply_to_id=row.reply_to_id,
        is_silent=row.is_silent,
        contents=Contents(row),
    )


class Contents(Mapping[str, bytes]):
    """The files of a message, each read when it is needed: of ten only those of the part that is sent."""

    def __init__(self, row: Message) -> None:
        self._row = row

    def __getitem__(self, stored_id: str) -> bytes:
        found = MessageFile.objects.filter(message=self._row, pk=stored_id).first()
        if found is None:
            raise KeyError(stored_id)
        return bytes(found.content)

    def __iter__(self) -> Iterator[str]:
        return iter([one["stored_id"] for one in self._row.attachments if one.get("stored_id")])

    def __len__(self) -> int:
        return sum(1 for _id in self)


def _attachment(stored: dict[str, Any]) -> Attachment:
    return Attachment(**{**stored, "type": AttachmentKind(stored["type"])})


def send_message(leased: Leased) -> Tried | None:
    """One try with what is next of the message; no transaction is open. None: there is nothing to do with it now."""
    row = (
        Message.objects.select_related("conversation__integration", "conversation__tenant")
        .filter(pk=leased.subject)
        .first()
    )
    if row is None or row.state != MessageStatus.QUEUED or _is_behind(row):
        return None
    with override(row.conversation.tenant.language):
        held = _held_back(row)
        if held is not None:
            return held
        # Whoever settled the message before this one may have woken another worker for it meanwhile.
        return _send(row, leased.attempt) if leased.extend() else None


def _is_behind(row: Message) -> bool:
    earlier = Message.objects.filter(conversation_id=row.conversation_id, state=MessageStatus.QUEUED)
    return earlier.filter(pk__lt=row.pk).exists()


def _held_back(row: Message) -> Tried | None:
    """A reason not to send now, or None."""
    try:
        integration = live.get(row.conversation.integration_id)
    except ConfigError as error:
        return Tried(row, MessageStatus.FAILED, error, str(error), is_attempt=False)
    if row.queued_at is not None and timezone.now() - row.queued_at > LIFE:
        text = _("It could not be sent for a day.") + f" {row.error}".rstrip()
        return Tried(row, MessageStatus.FAILED, None, text, is_attempt=False)
    if not integration.is_enabled:
        reason = _("The integration is switched off: the message waits.")
        return Tried(row, reason=reason, retry_in=PAUSED_SECONDS, is_attempt=False)
    free_at = row.conversation.free_at
    wait = (free_at - timezone.now()).total_seconds() if free_at else 0.0
    return Tried(row, retry_in=wait, is_attempt=False) if wait > 0 else None


def _send(row: Message, attempt: int) -> Tried:
    journal = Journal()
    was_under_way, row.under_way = row.under_way, len(row.sent_ids)
    repeats_unknown = False
    try:
        with open_session(
            row.conversation.integration_id,
            seconds=SECONDS,
            subject=row.pk,
            correlation_id=row.correlation_id,
            journal=journal,
        ) as session:
            messenger = session.require(Messaging)
            repeats_unknown = messenger.repeats_unknown
            message = outgoing(row)
            if was_under_way is not None and not repeats_unknown:
                raise OutcomeUnknown(_("The hub was interrupted while it sent this."))
            count = messenger.parts(message)
            Message.objects.filter(pk=row.pk).update(under_way=row.under_way)
            sent = messenger.send(message, row.under_way)
            spacing = messenger.spacing(message.conversation_id) * sent.count
    except TransientError as error:
        return _after_trouble(row, error, attempt, journal, repeats_unknown=repeats_unknown)
    except HubError as error:
        return Tried(row, MessageStatus.FAILED, error, str(error), journal=journal)
    if len(row.sent_ids) + 1 < count:
        return Tried(row, retry_in=spacing, is_attempt=False, sent=sent, spacing=spacing, journal=journal)
    return Tried(row, MessageStatus.SENT, sent=sent, spacing=spacing, journal=journal)


def _after_trouble(
    row: Message, error: TransientError, attempt: int, journal: Journal, *, repeats_unknown: bool
) -> Tried:
    if isinstance(error, OutcomeUnknown) and not repeats_unknown:
        text = _("%(error)s It may have arrived all the same: look there before you send it again.")
        reason = text % {"error": error}
        return Tried(row, MessageStatus.FAILED, error, reason, is_unknown=True, journal=journal)
    planned = backoff(RETRIES, attempt)
    if isinstance(error, RateLimited):
        wait = max(error.retry_after or 0.0, 1.0)
        return Tried(row, error=error, reason=str(error), retry_in=wait, is_attempt=False, journal=journal)
    if planned is None:
        return Tried(row, MessageStatus.FAILED, error, str(error), journal=journal)
    delay = max(planned, error.retry_after or 0.0)
    is_unknown = isinstance(error, OutcomeUnknown)
    return Tried(row, error=error, reason=str(error), retry_in=delay, is_unknown=is_unknown, journal=journal)
