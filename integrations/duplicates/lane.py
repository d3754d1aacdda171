"""The lane in which searches and mergings are worked on, slice by slice."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from django.utils.translation import gettext as _

from integrations.duplicates import bulk, jobs, searching
from integrations.models import DuplicateJob, JobState, JobTask
from integrations.models.duplicates.job import UNFINISHED
from tenants import audit
from tenants.scoping import tenant_scope
from tenants.work import Leased, Outcome, PooledLane, register

SLICE_SECONDS: Final = 5.0
# Beyond that it is not bad luck: it kills its worker, or its code is broken.
MAX_ATTEMPTS: Final = 6

Act = Callable[[DuplicateJob], None]
TASKS: Final[dict[str, tuple[Act, Act]]] = {
    JobTask.SEARCH: (searching.begin, searching.search_step),
    JobTask.MERGE: (bulk.begin, bulk.merge_step),
}


class DuplicatesLane(PooledLane):
    """Subject = job; group = company, of which one job at a time is worked on in a process."""

    name = jobs.LANE
    queue = "integrations"
    capacity = 4
    per_group = 1
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        assert row.tenant_id is not None
        with tenant_scope(row.tenant_id):
            job = DuplicateJob.objects.filter(pk=row.subject, state__in=UNFINISHED).first()
            if job is None:
                return Outcome.done(row)
            if row.attempt > MAX_ATTEMPTS:
                jobs.fail(job, _("It failed several times. Tell the operator to look at the log."))
                return Outcome.done(row)
            with audit.acting(audit.Actor(job.asked_by or audit.SYSTEM.name)):
                is_over = work(job)
            return Outcome.done(row) if is_over else Outcome.retry(row, 0.0, counted=False)


def work(job: DuplicateJob, seconds: float = SLICE_SECONDS) -> bool:
    """Whether there is nothing left to do."""
    begin, go_on = TASKS[job.task]
    until = monotonic() + seconds
    try:
        if job.state == JobState.WAITING:
            begin(job)
        while not job.is_finished:
            go_on(job)
            if monotonic() >= until:
                break
    except jobs.Overtaken:
        return True
    return job.is_finished


register(DuplicatesLane())
