"""The phase in which pages are read: the network first, then one transaction for rows, figures and the next place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from integrations.actions.note_hook_fault import settle_hook_faults
from integrations.actions.remove_records import remove_records
from integrations.actions.upsert_records import Manner, upsert_records
from integrations.capabilities import Changes, Fault, Page
from integrations.models import RunPhase, RunState, SyncPlan
from integrations.store.pending import lock_plans
from integrations.sync import ledger
from integrations.sync.missing import read_again
from integrations.sync.position import note_page, watermark_after
from integrations.sync.valve import known, would_empty
from tenants.errors import RemoteRejected

if TYPE_CHECKING:
    from integrations.sync.work import Job


def read_page(job: "Job") -> None:
    """One page, committed with the place behind it."""
    run = job.run
    page = job.records.read(job.kind, run.position, run.since)
    if page.next is not None and dict(page.next) == run.position:
        raise RemoteRejected(_("The outside system gives the same page again and again."))
    with ledger.step(run):
        _keep(job, page)
        note_page(run, page)
        if run.is_finished or page.next is not None or read_again(job):
            return
        if run.is_full:
            run.phase, run.position = RunPhase.COUNT, None
        else:
            finish_reading(job)


def _keep(job: "Job", page: Page) -> None:
    run = job.run
    manner = Manner(job.plan, run.pk if run.is_full else None, run.is_dry)
    kept = upsert_records(job.owner, job.kind, page.records, manner)
    # What is kept, and has a fault all the same, is one object.
    there = [*(one.outside_id for one in page.records), *(one.outside_id for one in page.faults)]
    run.read += len({one for one in there if one}) + there.count("")
    ledger.count(run, kept)
    ledger.note_faults(run, page.faults)
    if run.is_full:
        _note_seen(job, [*page.faults, *kept.faults])
    if not run.is_dry:
        settle_hook_faults(run.plan.integration_id, job.kind, _named(page))
    gone = known(job).filter(outside_id__in=page.deleted).count() if page.deleted else 0
    if not gone:
        return
    reason = "" if run.allows_deletions else would_empty(job, run.deleted + gone)
    if reason and not run.is_dry:
        ledger.end(run, job.plan, RunState.STOPPED, reason)
    elif run.is_dry:
        run.deleted += gone
    else:
        run.deleted += remove_records(job.owner, job.kind, page.deleted)


def _note_seen(job: "Job", faults: Sequence[Fault]) -> None:
    """An object that cannot be kept as it is there is there."""
    ids = [one.outside_id for one in faults]
    if ids:
        known(job).filter(outside_id__in=ids).update(seen_run=job.run.pk)


def _named(page: Page) -> set[str]:
    """Whatever requests told of these: now this run says what is wrong with them."""
    ids = {one.outside_id for one in page.records} | {one.outside_id for one in page.faults}
    return ids | set(page.deleted)


def finish_reading(job: "Job") -> None:
    """The place is noted on the plan in the transaction of the last page; then what waits to be written."""
    run, plan = job.run, job.plan
    # What changed and was missed is asked for once more, from the same moment.
    if not run.is_dry and (run.is_full or not run.is_incomplete):
        if job.support.changes is Changes.CURSOR and run.resume is not None:
            plan.position = run.resume
        if job.support.changes is Changes.WATERMARK:
            plan.watermark = watermark_after(run, plan, job.support)
        lock_plans(plan.pk)
        SyncPlan.objects.filter(pk=plan.pk).update(position=plan.position, watermark=plan.watermark)
    run.position = None
    if plan.writes:
        run.phase = RunPhase.WRITE
    else:
        ledger.end(run, plan, RunState.COMPLETED, run.reason)
