"""The lanes of telephony: fold what arrived, close what is over, tell the CRMs."""

from functools import partial

from telephony.actions.finish_calls import finish_calls
from telephony.actions.fold_calls import fold_calls
from telephony.actions.notify_crm import Told, load, notify_crm, record_told
from telephony.demo import playing
from telephony.models import CallNotification
from tenants.work import BatchLane, Leased, Outcome, PooledLane, register
from tenants.work.lanes import Settle
from tenants.work.pools import submit


class FoldLane(BatchLane):
    """Subject: a stored call event."""

    name = "calls.fold"
    queue = "calls"
    capacity = 256

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        fold_calls([row.subject for row in rows])
        return [Outcome.done(row) for row in rows]


class FinishLane(BatchLane):
    """Subject: a call that was hung up; due when its grace is over."""

    name = "calls.finish"
    queue = "calls"
    capacity = 256

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        waits = finish_calls([row.subject for row in rows])
        return [
            Outcome.retry(row, waits[row.subject], counted=False)
            if row.subject in waits
            else Outcome.done(row)
            for row in rows
        ]


class NotifyLane(PooledLane):
    """Subject: a call notification; group: its integration, so that a slow CRM delays only itself."""

    name = "calls.notify"
    queue = "calls"
    capacity = 32
    per_group = 12
    lease_seconds = 45
    # The CRM has its request already: what came of it may wait for others of the same moment.
    settle_seconds = 0.05

    def start(self, rows: list[Leased], settle: Settle) -> None:
        """All that came together are read together: most of a notification's cost was its own queries."""
        found = load([row.subject for row in rows])
        for row in rows:
            submit(self, partial(self._act, row, found.get(row.subject)), [row], settle)

    def act(self, row: Leased) -> Outcome:
        [outcome] = self._act(row, load([row.subject]).get(row.subject))
        return outcome

    def _act(self, row: Leased, notification: CallNotification | None) -> list[Outcome]:
        return [self._outcome(row, notify_crm(notification, row.attempt))]

    def _outcome(self, row: Leased, told: Told) -> Outcome:
        if told.retry_in is not None:
            return Outcome.retry(row, told.retry_in, told, counted=told.is_attempt)
        return Outcome.done(row, told)

    def record(self, outcomes: list[Outcome]) -> None:
        record_told([outcome.result for outcome in outcomes if isinstance(outcome.result, Told)])


class DemoLane(PooledLane):
    """Subject: nothing stored; the group says which message of which captured call."""

    name = playing.LANE
    queue = "calls"
    capacity = 8

    def act(self, row: Leased) -> Outcome:
        playing.send(row)
        return Outcome.done(row)


register(FoldLane())
register(FinishLane())
register(NotifyLane())
register(DemoLane())
