"""A call that is over and has a recording gets a row for it, and work that looks until it is complete."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from telephony.models import Call
from telephony.models.recording import Recording, RecordingStore
from tenants import bulk
from tenants.work import enqueue

LANE: Final = "calls.recording"
FIRST_LOOK: Final = timedelta(seconds=1)


def expect(calls: Sequence[Call], now: datetime) -> None:
    """In the transaction that closes the calls, or that learns of a recording later. Harmless twice."""
    told = [call for call in calls if call.recording and call.finished_at and not call.is_merged]
    if not told:
        return
    stores = _with_store({call.pbx_id for call in told})
    rows = [
        Recording(tenant_id=call.tenant_id, call=call, pbx_id=call.pbx_id, path=call.recording)
        for call in told
        if call.pbx_id in stores
    ]
    stored = bulk.create(rows)
    due = now + FIRST_LOOK
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.pbx_id), due) for row in rows if row.pk in stored])


def _with_store(pbx_ids: set[UUID]) -> set[UUID]:
    stores = RecordingStore.objects.filter(pbx_id__in=list(pbx_ids), is_enabled=True)
    return set(stores.values_list("pbx_id", flat=True))
