"""Gives up calls that never ended: no hang-up for hours and nothing else either. Somebody lost it, or was never told."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from telephony.fold.manager import GONE, NO_END
from telephony.ingest.parse import ParsedEvent
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import Call, EventSource
from telephony.models.call import CallPhase

SILENT_FOR: Final = timedelta(hours=4)
MOST: Final = 500  # at once; the next round takes the rest


def give_up_calls(now: datetime | None = None) -> int:
    """Store the end of open calls of which nothing came for four hours; how many. The fold makes them lost.

    An event like any other, at the time at which the call was last heard of: should something come after all, the fold
    knows that it was too early.
    """
    before = (now or timezone.now()) - SILENT_FOR
    silent = Call.objects.filter(
        ~Q(phase=CallPhase.ENDED), merged_into__isnull=True, started_at__lt=before, updated_at__lt=before
    ).order_by("started_at")
    events = [
        arrived(Source(call.pbx_id, call.tenant_id), _gone(call), "", call.updated_at)
        for call in silent[:MOST]
    ]
    return insert(events) if events else 0


def _gone(call: Call) -> ParsedEvent:
    identity = f"{GONE}\0{call.pk}\0{call.updated_at.isoformat()}"
    return ParsedEvent(
        kind=GONE,
        token="",
        unique_id=call.external_id,
        linked_id=call.external_id,
        payload={"Uniqueid": call.external_id, "Reason": NO_END},
        raw="",
        degraded=(),
        digest=hashlib.sha256(identity.encode()).digest(),
        source=EventSource.HUB,
    )
