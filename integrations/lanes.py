"""The leased work of this room."""

from integrations.actions.push_directory import LANE, Pushed, push_directory, record_push
from integrations.actions.write_journals import write_journals
from integrations.sync import lane as sync_lane  # noqa: F401 the lane of synchronisations
from tenants.work import Leased, Outcome, PooledLane, backoff, register

PUSH_SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0)


class PushLane(PooledLane):
    """Tables of extensions on their way to outside systems; subject = integration."""

    name = LANE
    queue = "integrations"
    capacity = 8
    per_group = 2
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        pushed = push_directory(row.subject)
        if pushed is None or not pushed.is_worth_retrying:
            return Outcome.done(row, pushed)
        delay = backoff(PUSH_SCHEDULE, row.attempt)
        return Outcome.done(row, pushed) if delay is None else Outcome.retry(row, delay, pushed)

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Pushed] = [one.result for one in outcomes if one.result is not None]
        for pushed in results:
            record_push(pushed)
        write_journals([pushed.journal for pushed in results])


register(PushLane())
