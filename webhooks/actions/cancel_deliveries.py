"""Take waiting deliveries back; those on the wire at this moment are left to finish."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants import audit
from tenants.models import Work
from webhooks.models import Delivery, DeliveryState

BATCH = 500


def cancel_deliveries(deliveries: QuerySet[Delivery]) -> int:
    """How many were cancelled."""
    ids = list(deliveries.filter(state=DeliveryState.PENDING).order_by("id").values_list("id", flat=True))
    total: int = sum(cancel(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
    if total:
        audit.record("deliveries.cancelled", after={"count": total})
    return total


@transaction.atomic
def cancel(ids: list[UUID]) -> int:
    """Those of them that nobody has in hand."""
    waiting = Work.objects.filter(lane="webhooks.deliver", subject__in=ids, lease=None)
    subjects = list(waiting.select_for_update(skip_locked=True).values_list("subject", flat=True))
    Work.objects.filter(lane="webhooks.deliver", subject__in=subjects).delete()
    return Delivery.objects.filter(id__in=subjects).update(
        state=DeliveryState.CANCELLED, reason="cancelled", next_due=None, finished_at=timezone.now()
    )
