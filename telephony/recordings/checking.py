"""Looks whether a recording is complete: by the exchange's own word, else when it has stopped growing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from telephony.fold.recording import EMPTY_FILE
from telephony.models import Call
from telephony.models.recording import Recording, RecordingState, RecordingStore
from telephony.recordings import keeping
from telephony.recordings.paths import UnsafePath, parts_of
from telephony.recordings.places import opened
from tenants.errors import HubError
from tenants.scoping import tenant_scope
from tenants.work import backoff

STEADY: Final = timedelta(seconds=2)
"""A file that has the same size after so long is written no more."""
ABSENT_RETRIES: Final = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0)
"""An exchange that packs its recordings, or moves them to another machine, takes a while."""
TROUBLE_RETRIES: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, *([6 * 3600.0] * 8))


@dataclass(frozen=True, slots=True)
class Looked:
    """The row as it is to be written, and in how many seconds to look again."""

    row: Recording
    retry_in: float | None = None


def check(recording_id: UUID, attempt: int) -> Looked | None:
    """One look; None when there is nothing to look for any more."""
    found = Recording.objects.filter(pk=recording_id, state=RecordingState.EXPECTED).select_related("call")
    row = found.first()
    if row is None:
        return None
    with tenant_scope(row.tenant_id):
        store = store_of(row.pbx_id)
        if store is None:
            return Looked(_settled(row, RecordingState.MISSING, "no_store"))
        try:
            return _look(row, store, attempt)
        except UnsafePath:
            return Looked(_settled(row, RecordingState.MISSING, "unsafe"))
        except HubError as error:
            row.reason, row.attempts = str(error)[:300], row.attempts + 1
            retry_in = backoff(TROUBLE_RETRIES, attempt)
            return (
                Looked(row, retry_in)
                if retry_in
                else Looked(_settled(row, RecordingState.MISSING, row.reason))
            )


def record_looks(looks: list[Looked]) -> None:
    """Write what was seen, in the settling transaction."""
    for one in looks:
        one.row.save(update_fields=["state", "reason", "size", "checked_at", "attempts", "copy"])


def store_of(pbx_id: UUID) -> RecordingStore | None:
    """The exchange's enabled store, of the tenant in scope."""
    return RecordingStore.objects.filter(pbx_id=pbx_id, is_enabled=True).select_related("tenant").first()


def _look(row: Recording, store: RecordingStore, attempt: int) -> Looked:
    parts = parts_of(row.path, store.cut)
    with opened(store) as place:
        now, size = timezone.now(), place.size(parts)
        row.attempts += 1
        if size is None:
            retry_in = backoff(ABSENT_RETRIES, attempt)
            return (
                Looked(row, retry_in) if retry_in else Looked(_settled(row, RecordingState.MISSING, "absent"))
            )
        if not _is_complete(row, row.call, size, now):
            row.size, row.checked_at = size, now
            return Looked(row, STEADY.total_seconds())
        row.size = size
        if size <= EMPTY_FILE:
            return Looked(_settled(row, RecordingState.EMPTY, ""))
        if store.keeps_copy:
            keeping.copy(row, place, parts, size)
    return Looked(_settled(row, RecordingState.FINAL, ""))


def _is_complete(row: Recording, call: Call, size: int, now: datetime) -> bool:
    """The exchange's last word is the size that it tells when its recorder has ended."""
    if call.recording_size is not None and size >= call.recording_size:
        return True
    return row.size == size and row.checked_at is not None and now - row.checked_at >= STEADY


def _settled(row: Recording, state: RecordingState, reason: str) -> Recording:
    row.state, row.reason, row.checked_at = state, reason, timezone.now()
    return row
