"""Take waiting deliveries back; those on the wire at this moment are left to finish."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants import audit
from webhooks.actions.take_back import take_back
from webhooks.flow.streams import advance_all
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
    taken = take_back(ids)
    count: int = Delivery.objects.filter(id__in=[one.id for one in taken]).update(
        state=DeliveryState.CANCELLED,
        reason="cancelled",
        next_due=None,
        batch=None,
        finished_at=timezone.now(),
    )
    advance_all((one.endpoint_id, one.tenant_id, one.stream) for one in taken)
    return count
