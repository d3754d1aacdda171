"""Sends messages again that failed: by hand, alone or in bulk. Parts that were sent are not repeated."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.actions.send_message import enqueue_message
from integrations.models import Message
from integrations.records import MessageStatus
from tenants import audit


@transaction.atomic
def retry_messages(ids: Sequence[UUID]) -> int:
    """Queue those of them that failed; how many. The others are left as they are."""
    failed = Message.objects.filter(id__in=ids, state=MessageStatus.FAILED, is_from_us=True)
    rows = list(failed.select_related("conversation").select_for_update(of=("self",)).order_by("id"))
    Message.objects.filter(id__in=[row.pk for row in rows]).update(
        state=MessageStatus.QUEUED, error="", error_code="", under_way=None, queued_at=timezone.now()
    )
    for row in rows:
        enqueue_message(row)
        audit.record("message.retried", row)
    return len(rows)
