"""What the end of a call means for the integration: counted, told to the breaker, noted as a sign of health."""

from datetime import datetime, timedelta

from django.utils import timezone

from config.metrics import counter
from integrations.http.breaker import counts
from integrations.http.errors import NotConnected
from integrations.http.journal import Journal, Sign
from integrations.http.line import Line
from integrations.http.messages import Request
from integrations.live import Live
from integrations.models import Health
from tenants.errors import ConfigError, HubError, RateLimited, TransientError

requests_total = counter(
    "integration_requests_total", "Calls to outside systems", ["connector", "operation", "result"]
)
WORTH_SAYING_AGAIN = timedelta(seconds=30)


class Verdicts:
    """For one session."""

    def __init__(self, line: Line, live: Live, journal: Journal) -> None:
        self._line, self._live, self._journal = line, live, journal

    def succeeded(self, request: Request) -> None:
        requests_total.inc(self._live.connector, request.operation, "ok")
        if self._live.is_draft:
            return
        self._line.circuit.succeeded(self._live)
        now = timezone.now()
        if not self._is_steady(now):
            self._journal.signs.append(Sign(self._live.id, self._live.tenant_id, now))

    def failed(self, request: Request, error: HubError) -> None:
        requests_total.inc(self._live.connector, request.operation, error.code)
        if self._live.is_draft or (request.is_optional and not isinstance(error, TransientError)):
            return
        if not isinstance(error, RateLimited):
            self._line.circuit.failed(self._live, error)
        # Nobody has connected the account yet: that is no illness.
        if counts(error) or (isinstance(error, ConfigError) and not isinstance(error, NotConnected)):
            sign = Sign(
                self._live.id,
                self._live.tenant_id,
                timezone.now(),
                code=error.code,
                reason=self._line.masker.text(str(error)),
                is_config=isinstance(error, ConfigError),
            )
            self._journal.signs.append(sign)

    def _is_steady(self, now: datetime) -> bool:
        """Known to work a moment ago, so that saying it again is not worth a write."""
        last = self._live.last_success_at
        return (
            self._live.health == Health.OK
            and not self._live.failures_in_row
            and last is not None
            and now - last < WORTH_SAYING_AGAIN
        )
