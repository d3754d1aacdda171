"""Closes calls that stayed hung up for the grace: their history goes to the CRMs, their end to the subscribers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from telephony.actions import after_calls, announcing, notifying
from telephony.actions.follow_calls import close_tasks
from telephony.actions.grace import grace
from telephony.actions.meet_lines import meet_lines
from telephony.actions.planning import when_finished
from telephony.models import Call
from telephony.models.call import CallPhase
from telephony.recordings.expecting import expect


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
            for call in finished:
                call.finished_at = now
            meet_lines(finished)
            expect(finished, now)
            notifying.create(finished, lambda call, crms, known: when_finished(call, crms, known, now))
            close_tasks(finished)
            announcing.announce(
                [(call, kind) for call in finished for kind in announcing.when_finished(call)]
            )
            after_calls.over(finished)
        return {call_id: wait for call_id, wait in waits.items() if wait > 0}


def _due(call: Call) -> datetime:
    return (call.ended_at or call.updated_at) + grace(call)
