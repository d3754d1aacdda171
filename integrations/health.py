"""How an integration does, judged by its real traffic.

Getting worse takes several failures in a row and getting better several successes, so that a single slip does not
alarm anybody. Refused credentials and wrong settings show at once: time does not mend them.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from integrations.http.journal import Sign
from integrations.models import Health

DEGRADED_AFTER = 2
FAILING_AFTER = 5
WELL_AFTER = 3
ALARMING = frozenset({Health.FAILING, Health.MISCONFIGURED})


@dataclass(frozen=True, slots=True)
class State:
    """The part of an integration's row that health is about."""

    health: Health
    code: str
    reason: str
    since: datetime | None
    failures: int
    successes: int
    last_success_at: datetime | None
    last_failure_at: datetime | None

    def step(self, sign: Sign) -> "State":
        """The state after one more sign."""
        return self._better(sign) if not sign.code else self._worse(sign)

    def _better(self, sign: Sign) -> "State":
        counted = replace(self, failures=0, successes=self.successes + 1, last_success_at=sign.at)
        enough = 1 if self.health in (Health.UNKNOWN, Health.MISCONFIGURED) else WELL_AFTER
        if self.health is Health.OK or counted.successes < enough:
            return counted
        return replace(counted, health=Health.OK, code="", reason="", since=sign.at)

    def _worse(self, sign: Sign) -> "State":
        counted = replace(
            self,
            failures=self.failures + 1,
            successes=0,
            last_failure_at=sign.at,
            code=sign.code,
            reason=sign.reason,
        )
        if sign.is_config:
            health = Health.MISCONFIGURED
        elif self.health in ALARMING:
            health = self.health
        elif counted.failures >= FAILING_AFTER:
            health = Health.FAILING
        elif counted.failures >= DEGRADED_AFTER:
            health = Health.DEGRADED
        else:
            return replace(counted, code=self.code, reason=self.reason)
        return counted if health is self.health else replace(counted, health=health, since=sign.at)
