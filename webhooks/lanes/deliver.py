"""Lane `webhooks.deliver`: leased deliveries go through the sending engine, their outcomes are written in batches."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q

from config import metrics
from tenants.scoping import all_tenants
from tenants.work import Lane, Leased, Outcome
from tenants.work.lanes import Settle
from webhooks import limits
from webhooks.flow import streams
from webhooks.flow.gate import Gate, Wish
from webhooks.lanes import batches
from webhooks.lanes.bearers import Bearers
from webhooks.lanes.consequences import disable_gone, learn
from webhooks.lanes.jobs import Job, Unprepared, Unsendable, load
from webhooks.lanes.recording import Sent, Unsent, write
from webhooks.lanes.targets import Targets
from webhooks.lanes.verdicts import judge, kept_trying
from webhooks.models import Breaker, Endpoint, EndpointFlow
from webhooks.sender import Engine, Limits, Reply

logger = logging.getLogger(__name__)
attempts = metrics.counter("switchboard_webhook_attempts_total", "Webhook requests made.", ("result",))
connections = metrics.counter("switchboard_webhook_connections_total", "Connections used.", ("reused",))

LATER = 300.0
# A share of what an endpoint may have at a time is believed in for so long beyond the request's own limit.
PATIENCE = 30.0


class DeliverLane(Lane):
    name = "webhooks.deliver"
    queue = "webhooks"
    capacity = limits.LEASED
    per_group = limits.LEASED_PER_ENDPOINT
    lease_seconds = 30.0
    least_room = limits.LEAST_LEASED

    def __init__(self) -> None:
        self._targets = Targets()
        self._gate = Gate(limits.LEASED_PER_ENDPOINT)
        self._engine: Engine | None = None
        self._bearers = Bearers(self._send, self._report)

    def start(self, rows: list[Leased], settle: Settle) -> None:
        try:
            loaded = load(rows, self._targets, settle)
            jobs = self._ready([one for one in loaded if isinstance(one, Job)])
        except DatabaseError:
            settle([Outcome.release(row) for row in rows])
            raise
        finished = [_without_request(one) for one in loaded if not isinstance(one, Job)]
        if finished:
            settle(finished)
        self._bearers.send(jobs)

    def _send(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._sender().send([job.request() for job in jobs])

    def _ready(self, jobs: list[Job]) -> list[Job]:
        """Those that go out now, put together where several are one request; the others are given back."""
        if not any(job.is_gated or job.first.stream is not None or batches.is_batched(job) for job in jobs):
            return jobs
        units = self._admitted(list(batches.pieces(_in_order(jobs))))
        ready = [unit[0] for unit in units if not batches.is_batched(unit[0])]
        try:
            made = batches.form([unit for unit in units if batches.is_batched(unit[0])])
        except DatabaseError:
            self._forget(units)
            raise
        sent = {job.row.id for job in ready + made}
        self._forget(unit for unit in units if not sent.intersection(job.row.id for job in unit))
        return ready + made

    def _forget(self, units: Iterable[list[Job]]) -> None:
        """What does not go out after all is under way no longer."""
        for unit in units:
            if unit[0].is_gated:
                self._gate.ended(unit[0].endpoint_id)

    def _admitted(self, units: list[list[Job]]) -> list[list[Job]]:
        by_endpoint: dict[UUID, list[list[Job]]] = defaultdict(list)
        for unit in units:
            if unit[0].is_gated:
                by_endpoint[unit[0].endpoint_id].append(unit)
        if not by_endpoint:
            return units
        room = self._gate.admit({id_: _wish(waiting) for id_, waiting in by_endpoint.items()})
        refused = [unit for id_, waiting in by_endpoint.items() for unit in waiting[room.get(id_, 0) :]]
        for unit in refused:
            unit[0].settle([Outcome.release(job.row) for job in unit])
        held = {job.row.id for unit in refused for job in unit}
        return [unit for unit in units if unit[0].row.id not in held]

    def _sender(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._report, Limits(limits.CONNECTIONS, limits.CONNECTIONS_PER_HOST))
        return self._engine

    def _report(self, replies: list[Reply]) -> None:
        """In the engine's thread: turn replies into outcomes and hand them to whoever leased the rows."""
        schedule = limits.schedule()
        by_settle: dict[Settle, list[Outcome]] = defaultdict(list)
        for reply in replies:
            job: Job = reply.request.token
            if self._bearers.takes_back(reply):
                continue
            if job.is_gated:
                self._gate.ended(job.endpoint_id)
            by_settle[job.settle].append(_outcome(job, reply, schedule))
        for settle, outcomes in by_settle.items():
            settle(outcomes)

    def held_back(self) -> Mapping[str, int]:
        return self._gate.held_back()

    def waiting_on_purpose(self) -> Collection[str]:
        """Endpoints that are left alone, recover, or are sent to at a pace that they chose."""
        with all_tenants():
            troubled = EndpointFlow.objects.exclude(breaker=Breaker.CLOSED).values_list("pk", flat=True)
            is_limited = Q(rate_limit__isnull=False) | Q(concurrency__isnull=False)
            limited = Endpoint.objects.filter(is_limited).values_list("pk", flat=True)
            return {id_.hex for id_ in (*troubled, *limited)}

    def patience(self) -> float:
        return self._gate.patience()

    def record(self, outcomes: list[Outcome]) -> None:
        results = [outcome.result for outcome in outcomes if outcome.result is not None]
        write(results)
        disable_gone([one.job for one in results if isinstance(one, Sent) and one.verdict.reason == "gone"])
        learn(self._gate, results)

    def stop(self) -> None:
        self._bearers.stop()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop(limits.CONNECT_TIMEOUT)


def _in_order(jobs: list[Job]) -> list[Job]:
    """Without those that have to wait for one before them."""
    held = [
        (job.first.delivery_id, (job.endpoint_id, job.first.stream))
        for job in jobs
        if job.first.stream is not None
    ]
    back = streams.step_back(held) if held else set()
    for job in jobs:
        if job.first.delivery_id in back:
            job.settle([Outcome.done(job.row)])
    return [job for job in jobs if job.first.delivery_id not in back]


def _wish(units: Sequence[list[Job]]) -> Wish:
    job = units[0][0]
    return Wish(job.limits, len(units), job.target.timeout_ms / 1000 + PATIENCE, size=job.target.batch_size)


def _without_request(one: Unsendable | Unprepared) -> Outcome:
    if isinstance(one, Unprepared):
        return Outcome.retry(one.row, LATER, counted=False)
    if one.state is None:
        return Outcome.done(one.row)
    return Outcome.done(one.row, Unsent(one.delivery_ids, one.state, one.reason, one.endpoint_id, one.stream))


def _outcome(job: Job, reply: Reply, schedule: Sequence[float]) -> Outcome:
    try:
        usual = schedule if job.target.schedule is None else job.target.schedule
        verdict = judge(reply, job.first.tries + 1, usual, job.target.gone)
        if job.first.stream is not None and job.target.is_blocking:
            verdict = kept_trying(verdict, usual)
    except Exception:
        # A row that never settles would be kept for ever: whatever a receiver makes us stumble over is tried again.
        logger.exception("delivery %s: its reply cannot be judged", job.row.subject)
        return Outcome.retry(job.row, LATER, counted=False)
    attempts.inc(verdict.reason or "delivered")
    connections.inc("yes" if reply.is_reused else "no")
    sent = Sent(job, reply, verdict)
    return (
        Outcome.done(job.row, sent) if verdict.delay is None else Outcome.retry(job.row, verdict.delay, sent)
    )
