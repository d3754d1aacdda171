"""A run's row while it works: steps that only one worker can commit, counts, faults, and how it ends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.upsert_records import DIFFERENCES_SHOWN, Kept
from integrations.capabilities import Fault
from integrations.models import RunPhase, RunState, SyncFault, SyncPlan, SyncRun
from integrations.store.pending import waking
from integrations.sync.news import tell_run
from tenants import bulk
from tenants.storable import storable_text

FAULTS_KEPT: Final = 1000
COLUMNS: Final = (
    "phase", "position", "resume", "seen_until", "total", "read", "created", "updated", "unchanged", "deleted",
    "failed", "conflicts", "written", "differences", "reason", "has_slipped", "rereads", "is_incomplete",
)  # fmt: skip


class Overtaken(Exception):
    """Somebody else committed that step, or the run was cancelled: what was done since is rolled back."""


@contextmanager
def step(run: SyncRun) -> Iterator[None]:
    """One transaction that carries the run on by one step, with everything that is done inside; `Overtaken` otherwise."""
    with transaction.atomic():
        claimed = SyncRun.objects.filter(pk=run.pk, steps=run.steps, state=RunState.RUNNING)
        if not claimed.update(steps=run.steps + 1):
            raise Overtaken
        run.reason = ""
        with waking():
            yield
        SyncRun.objects.filter(pk=run.pk).update(**{name: getattr(run, name) for name in COLUMNS})
    run.steps += 1


def count(run: SyncRun, kept: Kept) -> None:
    """A page's figures, faults and differences."""
    run.created += kept.created
    run.updated += kept.updated
    if not run.rereads:  # else it is what was counted before
        run.unchanged += kept.unchanged
    run.conflicts += kept.conflicts
    run.differences = (run.differences + kept.differences)[:DIFFERENCES_SHOWN] if run.is_dry else []
    note_faults(run, kept.faults)


def note_faults(run: SyncRun, faults: Sequence[Fault], records: Sequence[UUID] = ()) -> None:
    """All are counted; the first thousand are kept with their reasons."""
    if run.rereads and not records:
        named = run.faults.filter(outside_id__in=[storable_text(one.outside_id)[:200] for one in faults])
        told = set(named.values_list("outside_id", flat=True))
        faults = [one for one in faults if storable_text(one.outside_id)[:200] not in told]
    room = max(0, FAULTS_KEPT - run.failed)
    run.failed += len(faults)
    bulk.create([
        SyncFault(
            tenant_id=run.tenant_id, run_id=run.pk, outside_id=storable_text(one.outside_id)[:200],
            text=storable_text(str(one.text))[:1000], record_id=record,
        )
        for one, record in zip(faults[:room], [*records, *[None] * len(faults)], strict=False)
    ])  # fmt: skip


def begin(run: SyncRun, plan: SyncPlan, *, is_full: bool) -> None:
    """Once: what is asked for, and from where. `Overtaken` when somebody else began it or it was cancelled."""
    run.is_full, run.started_at, run.state = is_full, timezone.now(), RunState.RUNNING
    run.phase = RunPhase.READ if plan.reads else RunPhase.WRITE
    run.since = None if is_full else plan.watermark
    run.position = None if is_full else plan.position
    with transaction.atomic():
        changed = SyncRun.objects.filter(pk=run.pk, state=RunState.WAITING).update(
            is_full=run.is_full,
            started_at=run.started_at,
            state=run.state,
            phase=run.phase,
            since=run.since,
            position=run.position,
        )
        if not changed:
            raise Overtaken
        tell_run("sync.started", run, plan)


def end(run: SyncRun, plan: SyncPlan, state: RunState, reason: str = "") -> None:
    """In the caller's transaction, of a run that still is under way."""
    if state == RunState.COMPLETED and run.is_incomplete:
        reason = " ".join(filter(None, (reason, _incomplete(run))))
    run.state, run.reason, run.finished_at = state, reason, timezone.now()
    SyncRun.objects.filter(pk=run.pk).update(state=state, reason=reason, finished_at=run.finished_at)
    tell_run("sync.completed" if state == RunState.COMPLETED else "sync.failed", run, plan)


def _incomplete(run: SyncRun) -> str:
    if run.is_full:
        return _(
            "It may be incomplete: objects were deleted or moved there while they were read, also when they were read "
            "again. What this run did not meet it took for gone only where the system said so. The next full run reads all of it."
        )
    return _(
        "It may be incomplete: objects were deleted or moved there while they were read, also when they were read again. "
        "The next run asks for the same changes once more."
    )


def fail(run: SyncRun, plan: SyncPlan, reason: str) -> None:
    """Ends it whatever its step, unless it has ended."""
    with transaction.atomic():
        found = SyncRun.objects.select_for_update().filter(
            pk=run.pk, state__in=(RunState.WAITING, RunState.RUNNING)
        )
        current = found.first()
        if current is not None:
            end(current, plan, RunState.FAILED, reason)


def note_waiting(run: SyncRun, reason: str) -> None:
    """Why it does not go on now; the next step takes it away."""
    SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(reason=reason)
