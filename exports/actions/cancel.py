"""Cancels an export that has not ended; a running one stops within a second."""

from django.db import transaction
from django.utils import timezone

from exports.lanes import LANE
from exports.models import UNFINISHED, Export, State
from exports.shipments import drop_shipments
from tenants import audit
from tenants.work import cancel


def cancel_export(export: Export) -> bool:
    """Whether there was something to cancel. Whoever works on it loses the lease and so can no longer finish it."""
    with transaction.atomic():
        # Its turn first, as whoever ends it does: the other way round each would wait for the other.
        cancel(LANE, [export.pk])
        changed = Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
            state=State.CANCELLED, finished_at=timezone.now()
        )
        if changed:
            drop_shipments(export)
            audit.record("export.cancelled", export)
    export.refresh_from_db()
    return bool(changed)
