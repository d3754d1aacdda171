"""Begins and ends runs: one row, queued in the same transaction; the lane does the work."""

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.correlation import current_correlation
from config.ids import uuid7
from integrations.models import UNFINISHED, RunState, SyncPlan, SyncRun
from integrations.sync.schedule import next_due
from tenants import audit
from tenants.errors import ConfigError
from tenants.work import cancel, enqueue

LANE: Final = "integrations.sync"
LEAST_PAUSE: Final = timedelta(seconds=30)


def run_sync(
    plan: SyncPlan, *, is_full: bool = False, is_dry: bool = False, allows_deletions: bool = False
) -> SyncRun:
    """A waiting run that somebody asked for. ConfigError while another one of the plan is under way."""
    try:
        with transaction.atomic():
            run = start_run(plan, is_full=is_full, is_dry=is_dry, allows_deletions=allows_deletions)
            asked = {"is_full": is_full, "is_dry": is_dry, "allows_deletions": allows_deletions}
            audit.record("sync.asked", plan, after=asked)
    except IntegrityError as error:
        raise ConfigError(_("A run of this synchronisation is under way already.")) from error
    return run


def start_run(
    plan: SyncPlan, *, is_full: bool = False, is_dry: bool = False, allows_deletions: bool = False
) -> SyncRun:
    """In the caller's transaction; IntegrityError while another one is under way."""
    run = SyncRun.objects.create(
        tenant_id=plan.tenant_id,
        plan=plan,
        is_full=is_full,
        is_dry=is_dry,
        allows_deletions=allows_deletions,
        asked_by=audit.current_actor().name[:200],
        correlation_id=current_correlation() or uuid7(),
    )
    # The group is the company: however many synchronisations one has, others get their turn.
    enqueue(LANE, [(run.pk, plan.tenant_id, str(plan.tenant_id), None)])
    return run


def cancel_run(run: SyncRun) -> bool:
    """Whether there was something to cancel. A page that is under way cannot be committed any more."""
    with transaction.atomic():
        changed = SyncRun.objects.filter(pk=run.pk, state__in=UNFINISHED).update(
            state=RunState.CANCELLED, finished_at=timezone.now()
        )
        if changed:
            cancel(LANE, [run.pk])
            audit.record("sync.cancelled", run)
    run.refresh_from_db()
    return bool(changed)


def schedule(plan: SyncPlan) -> None:
    """Note on the plan when it is due next; the caller saves it."""
    now, zone = timezone.now(), plan.tenant.zone
    plan.next_due_at = next_due(plan.interval_minutes, plan.cron, now, zone)
    plan.next_full_at = next_due(None, plan.full_cron, now, zone)
