"""Process a range of stored requests again: at once when they are few, else in the background, batch after batch."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.work import enqueue
from webhooks.actions import chosen_rows
from webhooks.actions.replay_inbound import BATCH, replay_batch, replay_inbound, replayable
from webhooks.models import Inbound, InboundReplay, ReplayState
from webhooks.selectors import InboundFilter, inbound_requests

REPLAY_LANE: Final = "webhooks.replay"
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class BegunReplay:
    """`run` is None when all of them were queued at once."""

    count: int
    run: InboundReplay | None


def requests_of(wanted: InboundFilter) -> QuerySet[Inbound]:
    """What a replay of that range would process. Count it before you ask."""
    return replayable(inbound_requests(wanted).select_related(None).defer(None))


def replay_range(tenant_id: int, wanted: InboundFilter) -> BegunReplay:
    """For programs, which ask for a handful as well as for a year: none is no error."""
    rows = requests_of(wanted)
    # No further than needs be: what is more is counted by the run itself.
    if rows.order_by()[: AT_ONCE + 1].count() <= AT_ONCE:
        return BegunReplay(replay_inbound(rows), None)
    run = begin_replay(tenant_id, wanted)
    return BegunReplay(run.total, run)


@transaction.atomic
def begin_replay(tenant_id: int, wanted: InboundFilter) -> InboundReplay:
    """ConfigError when there is nothing in the range."""
    total = requests_of(wanted).order_by().count()
    if not total:
        raise ConfigError(_("There is nothing in this range that could be processed again."))
    run = InboundReplay.objects.create(
        tenant_id=tenant_id,
        source_id=wanted.source,
        wanted_state=wanted.state or "",
        event=wanted.event or "",
        since=wanted.since,
        until=min(wanted.until, timezone.now()) if wanted.until else timezone.now(),
        total=total,
    )
    enqueue(REPLAY_LANE, [(run.pk, tenant_id, str(tenant_id), None)])
    audit.record("inbound.replay_begun", run, after={"count": total})
    return run


def replay_chosen(rows: QuerySet[Inbound], state: str = "") -> BegunReplay:
    """Those that a person chose, and only while they are in that state. ConfigError for more than can be chosen."""
    wanted = replayable(rows.filter(state=state) if state else rows)
    if not chosen_rows.are_many(wanted):
        return BegunReplay(replay_inbound(wanted), None)
    tenant_id, ids = chosen_rows.company(), chosen_rows.ids_of(wanted)
    with transaction.atomic():
        run = InboundReplay.objects.create(
            tenant_id=tenant_id, wanted_state=state, until=timezone.now(), total=len(ids), chosen=ids
        )
        enqueue(REPLAY_LANE, [(run.pk, tenant_id, str(tenant_id), None)])
        audit.record("inbound.replay_begun", run, after={"count": len(ids)})
    return BegunReplay(len(ids), run)


def cancel_replay(run: InboundReplay) -> bool:
    """False when it was over already. What it has queued is processed."""
    ended = InboundReplay.objects.filter(pk=run.pk, state=ReplayState.RUNNING).update(
        state=ReplayState.CANCELLED, finished_at=timezone.now()
    )
    if ended:
        audit.record("inbound.replay_cancelled", run)
    return bool(ended)


@transaction.atomic
def continue_replay(pk: UUID) -> bool:
    """One batch, oldest first; whether there is more. The batch and how far it got are one fact: a crash repeats nothing."""
    run = InboundReplay.objects.select_for_update().filter(pk=pk, state=ReplayState.RUNNING).first()
    if run is None:
        return False
    ids = _next_of(run)
    if ids:
        rows = Inbound.objects.filter(id__in=ids)
        done = replay_batch(rows.filter(state=run.wanted_state) if run.wanted_state else rows)
        InboundReplay.objects.filter(pk=pk).update(done=F("done") + done, last=ids[-1])
    is_over = len(ids) < BATCH
    if is_over:
        InboundReplay.objects.filter(pk=pk).update(state=ReplayState.DONE, finished_at=timezone.now())
    return not is_over


def _next_of(run: InboundReplay) -> list[UUID]:
    if run.chosen is not None:
        return next(chosen_rows.parts(run.chosen, run.last, BATCH), [])
    wanted = InboundFilter(run.source_id, run.wanted_state or None, run.event or None, run.since, run.until)
    rows = requests_of(wanted)
    rest = rows.filter(id__gt=run.last) if run.last else rows
    return list(rest.order_by("id").values_list("id", flat=True)[:BATCH])
