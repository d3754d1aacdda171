"""Sends notifications again that failed or were parked: by hand, alone or in bulk."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from telephony.actions import notifying
from telephony.models import CallNotification, NotificationState
from tenants import audit

RETRYABLE = (NotificationState.FAILED, NotificationState.PARKED)


@transaction.atomic
def retry_notifications(ids: Sequence[UUID]) -> int:
    """Queue those of them that failed or wait for a person; how many. The others are left as they are."""
    rows = list(
        CallNotification.objects.select_for_update(no_key=True)
        .filter(id__in=ids, state__in=RETRYABLE)
        .order_by("id")
    )
    CallNotification.objects.filter(id__in=[row.pk for row in rows]).update(
        state=NotificationState.PENDING, reason_code="", reason="", settled_at=None
    )
    notifying.queue(rows)
    for row in rows:
        audit.record("callnotification.retried", row)
    return len(rows)
