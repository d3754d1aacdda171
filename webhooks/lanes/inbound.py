"""Lanes `webhooks.inbound`: each stored request becomes an event; and `webhooks.replay`: a range of them is queued anew."""

from tenants.work import BatchLane, Leased, Outcome, PooledLane
from webhooks.actions.process_inbound import process_inbound
from webhooks.actions.replay_range import REPLAY_LANE, continue_replay


class InboundLane(BatchLane):
    """Subject: an inbound request; group: its source."""

    name = "webhooks.inbound"
    queue = "webhooks"
    capacity = 32  # bodies of up to two megabytes are in memory at once

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        process_inbound([row.subject for row in rows])
        return [Outcome.done(row) for row in rows]


class ReplayLane(PooledLane):
    """Subject: a range that is processed again, a batch at a time; group: its company."""

    name = REPLAY_LANE
    queue = "webhooks"
    capacity = 2
    per_group = 1

    def act(self, row: Leased) -> Outcome:
        has_more = continue_replay(row.subject)
        return Outcome.retry(row, 0, counted=False) if has_more else Outcome.done(row)
