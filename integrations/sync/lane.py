"""The lane in which runs are worked on, slice by slice: whoever had a turn goes to the end of the queue."""

import logging
from typing import Final

from integrations.actions.run_sync import LANE
from integrations.models import SyncRun
from integrations.sync import ledger
from integrations.sync.work import Broken, find_run, work
from tenants.errors import RateLimited, TransientError
from tenants.work import Leased, Outcome, PooledLane, backoff, register

logger = logging.getLogger(__name__)

# Of a run that does not get on at all; whatever it commits starts the count anew.
RETRY_SECONDS: Final = (5.0, 30.0, 120.0, 300.0, 900.0, 1800.0)
# Where the system asks for a slower pace and does not say for how long.
SLOWED_SECONDS: Final = 30.0


class SyncLane(PooledLane):
    """Subject = run; group = company, of which two runs at most are worked on at a time in a process."""

    name = LANE
    queue = "integrations"
    capacity = 8
    per_group = 2
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        run = find_run(row.subject)
        if run is None:
            return Outcome.done(row)
        try:
            return Outcome.done(row) if work(run) else Outcome.retry(row, 0.0, counted=False)
        except Broken as broken:
            return self._put_off(row, run, broken)

    def _put_off(self, row: Leased, run: SyncRun, broken: Broken) -> Outcome:
        error = broken.error
        logger.info("sync run %s: %s %s", run.pk, error.code, error.detail)
        if isinstance(error, RateLimited):
            # Back-pressure is no failure: it waits for its turn however often it has to.
            ledger.note_waiting(run, str(error))
            pause = SLOWED_SECONDS if error.retry_after is None else max(RETRY_SECONDS[0], error.retry_after)
            return Outcome.retry(row, pause, counted=False)
        if isinstance(error, TransientError):
            delay = RETRY_SECONDS[0] if broken.has_progressed else backoff(RETRY_SECONDS, row.attempt)
            if delay is not None:
                ledger.note_waiting(run, str(error))
                return Outcome.retry(
                    row, max(delay, error.retry_after or 0.0), counted=not broken.has_progressed
                )
        ledger.fail(run, run.plan, str(error))
        return Outcome.done(row)


register(SyncLane())
