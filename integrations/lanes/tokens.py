"""Access to accounts, kept alive."""

from integrations.actions.keep_alive import LANE, renew_idle
from integrations.actions.write_journals import write_journals
from tenants.errors import TransientError
from tenants.work import Leased, Outcome, PooledLane, backoff

RENEWAL_SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0)


class TokenLane(PooledLane):
    """Access to idle accounts, kept alive; subject = integration."""

    name = LANE
    queue = "integrations"
    capacity = 2
    lease_seconds = 120.0

    def act(self, row: Leased) -> Outcome:
        journal, error = renew_idle(row.subject)
        delay = backoff(RENEWAL_SCHEDULE, row.attempt) if isinstance(error, TransientError) else None
        return Outcome.done(row, journal) if delay is None else Outcome.retry(row, delay, journal)

    def record(self, outcomes: list[Outcome]) -> None:
        write_journals([one.result for one in outcomes if one.result is not None])
