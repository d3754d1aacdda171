"""Whether a reading may have missed something because its pages moved, and reading all of it again."""

from typing import TYPE_CHECKING, Final

from integrations.capabilities import Changes
from integrations.sync.ledger import FAULTS_KEPT
from integrations.sync.valve import known

if TYPE_CHECKING:
    from integrations.sync.work import Job

# Where objects are deleted all the time every reading slips; the run then says that it is incomplete.
MOST_AFTER_SLIPS: Final = 2
# Fewer than the total twice over: most likely it counts what no page brings, and a third time would find the same.
MOST_BY_TOTAL: Final = 1


def read_again(job: "Job") -> bool:
    """Behind the last page, in its step: whether the run begins once more. If not, it knows whether it is incomplete."""
    run = job.run
    has_slipped = run.has_slipped
    if not has_slipped and not _lacks(job):
        return False
    has_begin = run.is_full or job.support.changes is Changes.WATERMARK
    if run.is_dry or not has_begin or run.rereads >= (MOST_AFTER_SLIPS if has_slipped else MOST_BY_TOTAL):
        run.is_incomplete = True
        return False
    run.rereads += 1
    run.position, run.total, run.read, run.has_slipped = None, None, 0, False
    return True


def _lacks(job: "Job") -> bool:
    """Of a full run alone: what a filter for changes leaves in their total is less sure."""
    run = job.run
    if not run.is_full or run.total is None:
        return False
    return run.read < run.total or (not run.is_dry and _met(job) < run.total)


def _met(job: "Job") -> int:
    """How many objects it met, each once; at least so many where more faults were found than are kept."""
    run, links = job.run, known(job)
    if run.failed > FAULTS_KEPT:
        return run.read
    strange = run.faults.exclude(outside_id__in=links.values("outside_id"))
    ids = strange.exclude(outside_id="").order_by().values("outside_id").distinct().count()
    return links.filter(seen_run=run.pk).count() + ids + strange.filter(outside_id="").count()
