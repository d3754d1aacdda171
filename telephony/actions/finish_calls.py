"""Closes calls that stayed hung up for the grace: their history goes to the CRMs, their end to the subscribers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from telephony.actions import announcing, notifying
from telephony.actions.planning import when_finished
from telephony.models import Call
from telephony.models.call import CallPhase


def finish_calls(call_ids: Sequence[UUID]) -> Mapping[UUID, float]:
    """Close those that are over; for the others that have to be looked at again, in how many seconds.

    A call that lives on is left alone: its next hang-up asks again.
    """
    with transaction.atomic():
        # The same lock order as everywhere would be the exchange first; here only the calls' own rows are changed,
        # and a fold that reopens one at the same time waits for us or we for it.
        rows = Call.objects.select_for_update(no_key=True).filter(id__in=call_ids, finished_at__isnull=True)
        over = [call for call in rows.order_by("id") if call.phase == CallPhase.ENDED and not call.is_merged]
        now = timezone.now()
        waits = {call.pk: (_due(call) - now).total_seconds() for call in over}
        finished = [call for call in over if waits[call.pk] <= 0]
        if finished:
            Call.objects.filter(id__in=[call.pk for call in finished]).update(finished_at=now)
            notifying.create(finished, lambda call, crms, known: when_finished(call, crms, known, now))
            announcing.announce(
                [(call, kind) for call in finished for kind in announcing.when_finished(call)]
            )
        return {call_id: wait for call_id, wait in waits.items() if wait > 0}


def _due(call: Call) -> datetime:
    return (call.ended_at or call.updated_at) + timedelta(seconds=settings.CALL_END_GRACE)
