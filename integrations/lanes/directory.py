"""Tables of extensions: ours on their way to outside systems, and theirs compared with ours."""

from integrations.actions.compare_directory import LANE as COMPARE_LANE
from integrations.actions.compare_directory import Compared, compare_directory, record_comparison
from integrations.actions.push_directory import LANE, Pushed, push_directory, record_push
from integrations.actions.write_journals import write_journals
from tenants.errors import RateLimited
from tenants.work import Leased, Outcome, PooledLane, backoff

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
        asked = getattr(pushed.error, "retry_after", None) or 0.0
        if isinstance(pushed.error, RateLimited):
            # Back-pressure is no failure: it waits for its turn however often it has to.
            return Outcome.retry(row, max(asked, PUSH_SCHEDULE[0]), pushed, counted=False)
        delay = backoff(PUSH_SCHEDULE, row.attempt)
        return Outcome.done(row, pushed) if delay is None else Outcome.retry(row, max(delay, asked), pushed)

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Pushed] = [one.result for one in outcomes if one.result is not None]
        for pushed in results:
            record_push(pushed)
        write_journals([pushed.journal for pushed in results])


class CompareLane(PooledLane):
    """Looks at what outside systems have in their tables; subject = integration. What cannot be read now is in an hour."""

    name = COMPARE_LANE
    queue = "integrations"
    capacity = 4
    per_group = 2
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        return Outcome.done(row, compare_directory(row.subject))

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Compared] = [one.result for one in outcomes if one.result is not None]
        for compared in results:
            record_comparison(compared)
        write_journals([compared.journal for compared in results])
