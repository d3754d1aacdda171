"""Where a run begins and where the next one will: cursors, and watermarks that never are "now"."""

from datetime import datetime, timedelta

from django.utils import timezone

from integrations.capabilities import Changes, KindSupport, Page
from integrations.models import SyncPlan, SyncRun
from integrations.store.batch import moment_of


def begins_full(plan: SyncPlan, support: KindSupport) -> bool:
    """Whether a run has to read everything, whatever was asked for: there is no place to go on from."""
    if support.changes is Changes.CURSOR:
        return plan.position is None
    return support.changes is Changes.NONE or plan.watermark is None


def note_page(run: SyncRun, page: Page) -> None:
    """What the page says of the next one, and of the run after this."""
    run.position = dict(page.next) if page.next is not None else None
    if page.resume is not None:
        run.resume = dict(page.resume)
    if page.total is not None:
        total = max(page.total, 0)
        # What was deleted before the border of two pages has moved another object over it.
        run.has_slipped |= run.total is not None and total < run.total
        run.total = total
    run.has_slipped |= page.has_slipped
    newest = moment_of(page.records)
    if newest is not None:
        run.seen_until = max(newest, run.seen_until or newest)


def watermark_after(run: SyncRun, plan: SyncPlan, support: KindSupport) -> datetime | None:
    """From when the next run asks: the newest change that was read, by their clock, less the lag.

    Never nearer than the lag to the beginning of this run, because what changed while it ran may have been missed: by our
    clock, and by theirs, which was no later then than the newest change less what the run took. Never back behind what
    was reached already. Where nothing told a time of change nothing is known of their clock, and it stays as it was.
    """
    if run.seen_until is None or run.started_at is None:
        return plan.watermark
    took = max(timezone.now() - run.started_at, timedelta(0))
    reached = min(run.seen_until - took, run.started_at) - support.lag
    return max(reached, plan.watermark) if plan.watermark else reached
