"""Lane `webhooks.mass`: what is done to many deliveries, batch by batch, from where it stopped."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from tenants.scoping import tenant_scope
from tenants.work import Leased, Outcome, PooledLane
from webhooks.actions import mass
from webhooks.actions.cancel_deliveries import cancel
from webhooks.actions.chosen_rows import parts
from webhooks.actions.replay_deliveries import BATCH, batches, replay
from webhooks.lanes.fanout import send_events
from webhooks.missing import look
from webhooks.models import Delivery, Endpoint, MassAction, MassKind, MassState
from webhooks.models.mass import UNFINISHED


class Step(NamedTuple):
    """One batch that is committed."""

    last: UUID
    seen: int
    done: int


class MassLane(PooledLane):
    """Subject: a mass action; group: its company, so that one's thousands delay nobody else."""

    name = mass.LANE
    queue = "webhooks"
    capacity = 2
    per_group = 1
    lease_seconds = 30.0

    def act(self, row: Leased) -> Outcome:
        action = MassAction.objects.filter(pk=row.subject, state__in=UNFINISHED).first()
        if action is None:
            return Outcome.done(row)
        with tenant_scope(action.tenant_id):
            rows = MassAction.objects.filter(pk=action.pk, state__in=UNFINISHED)
            rows.update(state=MassState.RUNNING)
            for step in _steps(action):
                # Cancelled meanwhile, or another worker has it: what is done is told by whoever goes on.
                if not row.extend() or not rows.update(
                    reached=step.last, seen=F("seen") + step.seen, done=F("done") + step.done
                ):
                    return Outcome.done(row)
            rows.update(state=MassState.DONE, finished_at=timezone.now())
        return Outcome.done(row)


def _steps(action: MassAction) -> Iterator[Step]:
    if action.kind == MassKind.MISSING:
        yield from _missing(action)
        return
    act = cancel if action.kind == MassKind.CANCEL else replay
    if action.ids is not None:
        for part in parts(action.ids, action.reached, BATCH):
            # As when they were counted: an endpoint may have been disabled meanwhile.
            still = mass.may_be(action.kind, Delivery.objects.filter(pk__in=part))
            yield Step(part[-1], len(part), act(list(still.order_by("id").values_list("id", flat=True))))
        return
    # What comes into the state meanwhile is not meant: it was not counted.
    wanted = mass.chosen(action.kind, mass.read(action.wanted)).filter(created_at__lt=action.created_at)
    for ids in batches(wanted, action.reached):
        yield Step(ids[-1], len(ids), act(ids))


def _missing(action: MassAction) -> Iterator[Step]:
    endpoint = Endpoint.objects.filter(pk=action.endpoint_id).first()
    wanted = mass.read(action.wanted)
    if endpoint is None or not isinstance(wanted.since, datetime) or not isinstance(wanted.until, datetime):
        return
    for looked in look(endpoint, wanted.since, wanted.until, action.reached):
        send_events(endpoint, looked.missing)
        yield Step(looked.last, len(looked.missing), len(looked.missing))
