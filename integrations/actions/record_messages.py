"""Writes what became of tries to send messages: in the settling transaction, with the events and the next in line."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.actions.announce_messages import announce_messages
from integrations.actions.move_conversation import move_conversation
from integrations.actions.send_message import LANE, Tried
from integrations.actions.write_journals import write_journals
from integrations.http.errors import Unreachable
from integrations.models import Conversation, Message, MessageFile
from integrations.records import MessageStatus
from tenants import bulk
from tenants.work import enqueue

MESSAGE = (
    "state", "error", "error_code", "attempts", "sent_at", "outside_id", "sent_ids", "under_way", "attachments",
)  # fmt: skip


def record_messages(results: Sequence[Tried]) -> None:
    """Messages, conversations, events and journals; wakes the next message of each conversation that went on."""
    write_journals([one.journal for one in results])
    _change_conversations(results)
    rows = [_changed(one, is_at_home=_is_at_home(one)) for one in results]
    bulk.change(sorted(rows, key=lambda row: row.pk), list(MESSAGE))
    MessageFile.objects.filter(
        pk__in=[key for one in results if one.sent for key in one.sent.file_ids]
    ).delete()
    settled = [row for row in rows if row.state != MessageStatus.QUEUED]
    announce_messages(settled)
    queue_next(settled)


def _is_at_home(one: Tried) -> bool:
    """Whether the message's number is one of its conversation: it is not where the new id has a row of its own."""
    if one.sent is None or not one.sent.conversation_id:
        return True
    row = one.message.conversation
    return move_conversation(row.integration, row.outside_id, one.sent.conversation_id)


def _changed(one: Tried, *, is_at_home: bool) -> Message:
    row = one.message
    row.state, row.error = one.state, one.reason
    row.error_code = one.error.code if one.error else ""
    row.attempts += one.is_attempt
    # What is not known stays marked: whoever repeats it knows which part may be there already.
    row.under_way = row.under_way if one.is_unknown else None
    if one.sent is not None:
        row.sent_ids = [*row.sent_ids, *one.sent.outside_ids]
        if is_at_home:
            row.outside_id = row.outside_id or next(iter(one.sent.outside_ids), "")
        row.attachments = [_known_there(each, one.sent.file_ids) for each in row.attachments]
    if one.state == MessageStatus.SENT:
        row.sent_at = timezone.now()
    return row


def _known_there(attachment: dict[str, Any], file_ids: Mapping[str, str]) -> dict[str, Any]:
    """An uploaded file is named by the messenger's id from now on."""
    file_id = file_ids.get(attachment.get("stored_id", ""))
    if file_id is None:
        return attachment
    return {**{name: value for name, value in attachment.items() if name != "stored_id"}, "file_id": file_id}


def _change_conversations(results: Sequence[Tried]) -> None:
    """Each column by itself: what came in meanwhile changes others of the same row."""
    paced, shut = [], []
    for one in results:
        row = one.message.conversation
        if one.sent is not None:
            row.free_at = timezone.now() + timedelta(seconds=one.spacing)
            paced.append(row)
        if isinstance(one.error, Unreachable):
            row.is_open, row.closed_reason = False, one.reason[:300]
            shut.append(row)
    bulk.change(sorted(paced, key=lambda row: row.pk), ["free_at"])
    bulk.change(sorted(shut, key=lambda row: row.pk), ["is_open", "closed_reason"])


def queue_next(settled: Sequence[Message]) -> None:
    """The earliest queued message of each of their conversations becomes due, whoever holds it."""
    first = Message.objects.filter(conversation=OuterRef("pk"), state=MessageStatus.QUEUED).order_by("id")
    rows = Conversation.objects.filter(pk__in={row.conversation_id for row in settled}).annotate(
        next=Subquery(first.values("id")[:1])
    )
    found = rows.filter(next__isnull=False).values_list("next", "tenant_id", "integration_id")
    enqueue(
        LANE,
        [(message, tenant, str(integration), None) for message, tenant, integration in found],
        again=True,
    )
