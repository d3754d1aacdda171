"""Lane `webhooks.deliver`: leased deliveries go through the sending engine, their outcomes are written in batches."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import DatabaseError

from config import metrics
from tenants.work import Lane, Leased, Outcome
from tenants.work.lanes import Settle
from webhooks import limits
from webhooks.lanes.bearers import Bearers
from webhooks.lanes.consequences import disable_gone
from webhooks.lanes.jobs import Job, Unprepared, Unsendable, load
from webhooks.lanes.recording import Sent, Unsent, write
from webhooks.lanes.targets import Targets
from webhooks.lanes.verdicts import has_answered, judge
from webhooks.lanes.windows import Windows
from webhooks.sender import Engine, Limits, Reply

logger = logging.getLogger(__name__)
attempts = metrics.counter("switchboard_webhook_attempts_total", "Webhook requests made.", ("result",))
connections = metrics.counter("switchboard_webhook_connections_total", "Connections used.", ("reused",))

LATER = 300.0


class DeliverLane(Lane):
    name = "webhooks.deliver"
    queue = "webhooks"
    capacity = limits.LEASED
    per_group = limits.LEASED_PER_ENDPOINT
    lease_seconds = 30.0
    least_room = limits.LEAST_LEASED

    def __init__(self) -> None:
        self._targets = Targets()
        self._windows = Windows(limits.LEASED_PER_ENDPOINT)
        self._engine: Engine | None = None
        self._bearers = Bearers(self._send, self._report)

    def start(self, rows: list[Leased], settle: Settle) -> None:
        try:
            loaded = load(rows, self._targets, settle)
        except DatabaseError:
            settle([Outcome.release(row) for row in rows])
            raise
        finished = [_without_request(one) for one in loaded if not isinstance(one, Job)]
        if finished:
            settle(finished)
        self._bearers.send([one for one in loaded if isinstance(one, Job)])

    def _send(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._sender().send([job.request() for job in jobs])

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
            self._windows.learn(job.row.group, has_answered=has_answered(reply))
            by_settle[job.settle].append(_outcome(job, reply, schedule))
        for settle, outcomes in by_settle.items():
            settle(outcomes)

    def held_back(self) -> Mapping[str, int]:
        return self._windows.held_back()

    def record(self, outcomes: list[Outcome]) -> None:
        results = [outcome.result for outcome in outcomes if outcome.result is not None]
        write(results)
        disable_gone([one.job for one in results if isinstance(one, Sent) and one.verdict.reason == "gone"])

    def stop(self) -> None:
        self._bearers.stop()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop(limits.CONNECT_TIMEOUT)


def _without_request(one: Unsendable | Unprepared) -> Outcome:
    if isinstance(one, Unprepared):
        return Outcome.retry(one.row, LATER, counted=False)
    if one.state is None:
        return Outcome.done(one.row)
    return Outcome.done(one.row, Unsent(one.row.subject, one.state, one.reason))


def _outcome(job: Job, reply: Reply, schedule: Sequence[float]) -> Outcome:
    try:
        verdict = judge(reply, job.tries + 1, _schedule(job, schedule), job.target.gone)
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


def _schedule(job: Job, usual: Sequence[float]) -> Sequence[float]:
    return usual if job.target.schedule is None else job.target.schedule
