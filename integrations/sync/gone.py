"""The phases after a full run has read everything: what it did not see is asked for once more, and deleted.

Pages move while they are read, so an object may be missed that is there.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from django.db.models import Q, QuerySet

from integrations.actions.remove_records import remove_records
from integrations.actions.upsert_records import Manner, upsert_records
from integrations.capabilities import Fault
from integrations.mapping.through import in_words
from integrations.models import Link, LinkStatus, RunPhase, RunState
from integrations.sync import ledger
from integrations.sync.reading import finish_reading
from integrations.sync.valve import would_empty
from tenants.errors import RemoteRejected, Unsupported

if TYPE_CHECKING:
    from integrations.sync.work import Job

BATCH: Final = 20


def count_gone(job: "Job") -> None:
    """How many were not seen; the valve decides before anything is deleted."""
    run = job.run
    with ledger.step(run):
        gone = _unseen(job).count()
        reason = "" if run.allows_deletions else would_empty(job, gone)
        if run.is_dry:
            run.deleted += gone
            run.reason = reason
            finish_reading(job)
        elif reason:
            ledger.end(run, job.plan, RunState.STOPPED, reason)
        elif gone:
            run.phase = RunPhase.DELETE
        else:
            finish_reading(job)


def delete_gone(job: "Job") -> None:
    """Some of them: each is asked for by its id, outside the transaction."""
    run = job.run
    ids = list(_unseen(job).order_by("id").values_list("outside_id", flat=True)[:BATCH])
    found, gone, faults = [], [], []
    for place, outside_id in enumerate(ids):
        try:
            record = job.records.fetch_mapped(job.kind, outside_id)
        except RemoteRejected as error:
            faults.append(Fault(outside_id, str(error)))
            continue
        except Unsupported:
            # Single objects cannot be asked for there: the reading has to be believed, as far as it is sure itself.
            gone += _surely_gone(job, ids[place:])
            break
        if record is None:
            gone.append(outside_id)
            continue
        found.append(record.record)
        if record.problems:
            faults.append(Fault(outside_id, in_words(record.problems)))
    with ledger.step(run):
        kept = upsert_records(job.owner, job.kind, found, Manner(job.plan, run.pk))
        ledger.count(run, kept)
        ledger.note_faults(run, faults)
        run.deleted += remove_records(job.owner, job.kind, gone)
        # Whatever became of them: this run has dealt with them.
        Link.objects.filter(integration_id=job.plan.integration_id, kind=job.kind, outside_id__in=ids).update(
            seen_run=run.pk
        )
        if len(ids) < BATCH:
            finish_reading(job)


def _surely_gone(job: "Job", ids: Sequence[str]) -> list[str]:
    """Nothing of an incomplete reading, or of one with an object that nobody can name; nor what a request of the system
    told us of while it was read."""
    run = job.run
    if run.is_incomplete or run.faults.filter(outside_id="").exists():
        return []
    began = run.started_at or run.created_at
    return list(
        _unseen(job).filter(outside_id__in=ids, synced_at__lt=began).values_list("outside_id", flat=True)
    )


def _unseen(job: "Job") -> "QuerySet[Link]":
    known = Link.objects.filter(integration_id=job.plan.integration_id, kind=job.kind)
    return known.exclude(status=LinkStatus.DELETED).filter(Q(seen_run__isnull=True) | ~Q(seen_run=job.run.pk))
