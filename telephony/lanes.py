"""The lanes of telephony: fold what arrived, close what is over, tell the CRMs, call what was clicked."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from telephony.actions import catch_up
from telephony.actions.carry_out import carry_out, record_carried
from telephony.actions.click_to_call import LANE
from telephony.actions.finish_calls import finish_calls
from telephony.actions.fold_calls import fold_calls
from telephony.actions.follow_clicks import Followed, follow_clicks, record_followed
from telephony.actions.move_call import move_call, record_moved
from telephony.actions.notify_crm import Told, load, notify_crm, record_told
from telephony.actions.request_command import LANE as COMMAND_LANE
from telephony.actions.send_click import FOLLOW_LANE, Sending, record_sending, send_click
from telephony.actions.tally_calls import LANE as TALLY_LANE
from telephony.actions.tally_calls import tally
from telephony.demo import playing
from telephony.models import CallCommand, CallNotification, RedirectDecision
from telephony.recordings.checking import Looked, check, record_looks
from tenants.work import BatchLane, Leased, Outcome, PooledLane, register, withdraw
from tenants.work.lanes import Settle
from tenants.work.pools import submit
from tenants.work.precedence import precedence

# Of lanes that ask an exchange once, while somebody waits with the receiver in hand. What takes longer is extended (Runner);
# when a worker dies, the next one looks after so long, before what was never sent is too late (15 s) and while the call still
# goes on. Nothing is sent twice however short it is: who sends has claimed the row itself.
IMPATIENT_SECONDS: Final = 10.0


class FoldLane(BatchLane):
    """Subject: a stored call event."""

    name = "calls.fold"
    queue = "calls"
    capacity = 256
    is_urgent = True

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        # One commit instead of two: a phone is ringing, and the next batch waits for this one to be settled.
        with precedence.taken(), transaction.atomic():
            fold_calls([row.subject for row in rows])
            withdraw(rows)
        return [Outcome.written(row) for row in rows]


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
    is_urgent = True
    capacity = 32
    per_group = 12
    lease_seconds = 45
    # The CRM has its request already: what came of it may wait for others of the same moment.
    settle_seconds = 0.05

    def start(self, rows: list[Leased], settle: Settle) -> None:
        """All that came together are read together: most of a notification's cost was its own queries."""
        self._submit(rows, load([row.subject for row in rows]), settle)

    def start_with(self, rows: list[Leased], at_hand: Mapping[UUID, Any], settle: Settle) -> None:
        self._submit(rows, at_hand, settle)

    def _submit(self, rows: list[Leased], found: Mapping[UUID, CallNotification], settle: Settle) -> None:
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


class CatchUpLane(PooledLane):
    """Subject: a source of call records; group: its exchange. What fails is tried again by the next regular reading."""

    name = catch_up.LANE
    queue = "upkeep"
    capacity = 8
    per_group = 1
    # Each portion is stored with its place: who loses the lease in the middle of a long reading repeats a portion.
    lease_seconds = 600.0

    def act(self, row: Leased) -> Outcome:
        catch_up.catch_up(row.subject)
        return Outcome.done(row)


class TallyLane(PooledLane):
    """Subject: a day or a month of a company, which the group names."""

    name = TALLY_LANE
    queue = "upkeep"
    capacity = 2
    lease_seconds = 60

    def act(self, row: Leased) -> Outcome:
        if row.tenant_id is not None:
            tally(row.tenant_id, row.group)
        return Outcome.done(row)


class RedirectLane(PooledLane):
    """Subject: a decision to move a waiting call; group: its exchange. Who waits, waits now: one try."""

    name = "calls.redirect"
    queue = "calls"
    is_urgent = True
    capacity = 16
    per_group = 8
    lease_seconds = IMPATIENT_SECONDS

    def act(self, row: Leased) -> Outcome:
        return Outcome.done(row, move_call(row.subject))

    def record(self, outcomes: list[Outcome]) -> None:
        record_moved([one.result for one in outcomes if isinstance(one.result, RedirectDecision)])


class CommandLane(PooledLane):
    """Subject: a command for a call that goes on; group: its exchange. Somebody waits for it: one try."""

    name = COMMAND_LANE
    queue = "calls"
    is_urgent = True
    capacity = 16
    per_group = 8
    lease_seconds = IMPATIENT_SECONDS

    def act(self, row: Leased) -> Outcome:
        return Outcome.done(row, carry_out(row.subject))

    def record(self, outcomes: list[Outcome]) -> None:
        record_carried([one.result for one in outcomes if isinstance(one.result, CallCommand)])


class RecordingLane(PooledLane):
    """Subject: a recording that is expected; group: its exchange. It is looked for until it is complete, then copied."""

    name = "calls.recording"
    queue = "upkeep"
    capacity = 8
    per_group = 2

    def act(self, row: Leased) -> Outcome:
        looked = check(row.subject, row.attempt)
        if looked is not None and looked.retry_in is not None:
            return Outcome.retry(row, looked.retry_in, looked)
        return Outcome.done(row, looked)

    def record(self, outcomes: list[Outcome]) -> None:
        record_looks([one.result for one in outcomes if isinstance(one.result, Looked)])


class OriginateLane(PooledLane):
    """Subject: a request for a call; group: its exchange. Somebody waits with the receiver nearly in hand."""

    name = LANE
    queue = "calls"
    is_urgent = True
    capacity = 16
    per_group = 8
    lease_seconds = IMPATIENT_SECONDS

    def act(self, row: Leased) -> Outcome:
        sent = send_click(row.subject)
        if sent.retry_in is not None:
            return Outcome.retry(row, sent.retry_in, sent)
        return Outcome.done(row, sent)

    def record(self, outcomes: list[Outcome]) -> None:
        record_sending([outcome.result for outcome in outcomes if isinstance(outcome.result, Sending)])


class FollowLane(PooledLane):
    """Subject: a request that was sent; group: its exchange, which is asked once for all of a batch."""

    name = FOLLOW_LANE
    queue = "calls"
    capacity = 64
    lease_seconds = 45.0

    def start(self, rows: list[Leased], settle: Settle) -> None:
        groups: dict[str, list[Leased]] = {}
        for row in rows:
            groups.setdefault(row.group, []).append(row)
        for mine in groups.values():
            submit(self, partial(self._follow, mine), mine, settle)

    def act(self, row: Leased) -> Outcome:
        [outcome] = self._follow([row])
        return outcome

    def _follow(self, rows: list[Leased]) -> list[Outcome]:
        found = {one.request.pk: one for one in follow_clicks([row.subject for row in rows])}
        return [self._outcome(row, found.get(row.subject)) for row in rows]

    def _outcome(self, row: Leased, found: Followed | None) -> Outcome:
        if found is None or found.again_in is None:
            return Outcome.done(row, found)
        return Outcome.retry(row, found.again_in, found, counted=False)

    def record(self, outcomes: list[Outcome]) -> None:
        record_followed([outcome.result for outcome in outcomes if isinstance(outcome.result, Followed)])


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
register(CatchUpLane())
register(TallyLane())
register(RedirectLane())
register(CommandLane())
register(RecordingLane())
register(OriginateLane())
register(FollowLane())
register(DemoLane())
