"""A job's row while it works: steps that only one worker can commit, and how it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from config.ids import uuid7
from integrations.models import DuplicateJob, JobState, JobTask
from integrations.models.duplicates.job import UNFINISHED
from tenants import audit
from tenants.work import enqueue

LANE: Final = "integrations.duplicates"
COLUMNS: Final = ("position", "total", "done", "found", "merged", "skipped", "reason", "state", "finished_at")


class Overtaken(Exception):
    """Somebody else committed that step, or the job was cancelled: what was done since is rolled back."""


def start(tenant_id: int, task: JobTask, wanted: dict[str, Any] | None = None) -> DuplicateJob:
    """Queued in the caller's transaction; IntegrityError while another one of that task is under way."""
    job = DuplicateJob.objects.create(
        id=uuid7(),
        tenant_id=tenant_id,
        task=task,
        wanted=wanted or {},
        asked_by=audit.current_actor().name[:200],
    )
    enqueue(LANE, [(job.pk, tenant_id, str(tenant_id), None)])
    return job


def begin(job: DuplicateJob, total: int) -> None:
    """Once; `Overtaken` when somebody else began it or it was cancelled."""
    job.state, job.started_at, job.total = JobState.RUNNING, timezone.now(), total
    waiting = DuplicateJob.objects.filter(pk=job.pk, state=JobState.WAITING)
    if not waiting.update(state=job.state, started_at=job.started_at, total=total):
        raise Overtaken


@contextmanager
def step(job: DuplicateJob) -> Iterator[None]:
    """One transaction that carries the job on by one step, with everything that is done inside."""
    with transaction.atomic():
        claimed = DuplicateJob.objects.filter(pk=job.pk, steps=job.steps, state=JobState.RUNNING)
        if not claimed.update(steps=job.steps + 1):
            raise Overtaken
        yield
        DuplicateJob.objects.filter(pk=job.pk).update(**{name: getattr(job, name) for name in COLUMNS})
    job.steps += 1


def end(job: DuplicateJob) -> None:
    """Inside a step."""
    job.state, job.finished_at, job.position = JobState.COMPLETED, timezone.now(), None


def fail(job: DuplicateJob, reason: str) -> None:
    """Whatever its step, unless it has ended."""
    DuplicateJob.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
        state=JobState.FAILED, reason=reason, finished_at=timezone.now()
    )
