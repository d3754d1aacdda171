"""Requests that outside systems have sent."""

from integrations.actions.receive_hook import Received, receive_hook
from integrations.actions.write_journals import write_journals
from integrations.hook_owner import LANE
from tenants.work import Leased, Outcome, PooledLane, backoff
from webhooks.actions.record_handling import record_handling

RECEIVE_SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)


class ReceiveLane(PooledLane):
    """Stored requests of outside systems; subject = the request, group = its source, so that one slow system delays no other."""

    name = LANE
    queue = "integrations"
    capacity = 8
    per_group = 2
    lease_seconds = 90.0

    def act(self, row: Leased) -> Outcome:
        received = receive_hook(row.subject, is_last=row.attempt > len(RECEIVE_SCHEDULE))
        if received.retry_after is None:
            return Outcome.done(row, received)
        if not received.is_counted:
            return Outcome.retry(row, received.retry_after, received, counted=False)
        planned = backoff(RECEIVE_SCHEDULE, row.attempt) or 0.0
        return Outcome.retry(row, max(planned, received.retry_after), received)

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Received] = [one.result for one in outcomes if one.result is not None]
        for received in results:
            if received.handled is not None:
                record_handling(received.handled)
        write_journals([received.journal for received in results])
