"""Removes old messages in batches, each its own transaction: nobody waits long for the table."""

from datetime import datetime
from typing import Final

from django.db import transaction

from config.ids import uuid7_at
from integrations.models import Conversation, Message
from integrations.records import MessageStatus

BATCH: Final = 2000


def forget_before(moment: datetime) -> int:
    """How many messages went. Ids are time-ordered, so the oldest are the beginning of the key's index.

    Of a conversation in which nothing was said since, the last text goes as well; with whom it was stays.
    """
    removed, after = 0, None
    old = Message.objects.filter(pk__lt=uuid7_at(moment)).order_by("pk")
    while True:
        rows = old.filter(pk__gt=after) if after else old
        batch = list(rows.values_list("pk", "conversation_id", "state")[:BATCH])
        if not batch:
            return removed
        # One that is still queued is passed over, not met again and again.
        after = batch[-1][0]
        gone = [(key, chat) for key, chat, state in batch if state != MessageStatus.QUEUED]
        with transaction.atomic():
            Message.objects.filter(pk__in=[key for key, _chat in gone]).exclude(
                state=MessageStatus.QUEUED
            ).delete()
            Conversation.objects.filter(
                pk__in={chat for _key, chat in gone}, last_message_at__lt=moment
            ).update(preview="", is_waiting=False)
        removed += len(gone)
