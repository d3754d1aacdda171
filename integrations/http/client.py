"""The ApiClient: the one way out for connectors."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from config.ids import uuid7
from config.metrics import counter
from integrations.capabilities.base import Repeat
from integrations.http.bounds import Attempt
from integrations.http.breaker import counts
from integrations.http.errors import BudgetSpent, OutcomeUnknown
from integrations.http.journal import Journal, Sign
from integrations.http.line import Line
from integrations.http.messages import Request, Response
from integrations.http.status import Row, classify
from integrations.live import Live
from integrations.models import Exchange, Health
from tenants.errors import ConfigError, HubError, RateLimited, TransientError

requests_total = counter(
    "integration_requests_total", "Calls to outside systems", ["connector", "operation", "result"]
)
request_seconds = counter(
    "integration_request_seconds_total", "Time spent in them", ["connector", "operation"]
)

LONGEST_WAIT_FOR_TURN = 5.0
FIRST_BACKOFF = 0.1
LONGEST_HOLD = 900.0
WORTH_SAYING_AGAIN = timedelta(seconds=30)
USER_AGENT = "Switchboard/1.0"

Inspect = Callable[[Response], HubError | None]


class ApiClient:
    """Makes one integration's calls within one budget of time, and notes each attempt in the journal.

    `overrides` replaces rows of the status table; `inspect` finds errors that the status does not show, and has the
    first word. Both are set by the connector's own client.
    """

    def __init__(
        self,
        line: Line,
        live: Live,
        journal: Journal,
        *,
        seconds: float | None = None,
        subject: UUID | None = None,
        correlation_id: UUID | None = None,
        is_probe: bool = False,
    ) -> None:
        self._line, self._live, self.journal = line, live, journal
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._subject, self._correlation_id = subject, correlation_id
        self._is_probe = is_probe
        self.overrides: Mapping[int, Row] = {}
        self.inspect: Inspect = lambda response: None

    def call(self, request: Request) -> Response:
        """The answer, or the HubError that it means. Tries again only what may be repeated, within the budget."""
        attempt = 1
        while True:
            try:
                response = self._attempt(request, attempt)
            except HubError as error:
                pause = self._pause(request, attempt, error)
                if pause is None:
                    self._failed(request, error)
                    raise
                time.sleep(pause)
                attempt += 1
            else:
                self._succeeded(request)
                return response

    def left(self) -> float:
        """Seconds of the budget that remain; the installation's limit for one call when there is no budget."""
        if self._deadline is None:
            return settings.EXTERNAL_API_TIMEOUT
        return self._deadline - time.monotonic()

    def _attempt(self, request: Request, number: int) -> Response:
        if not self._is_probe:
            self._line.circuit.admit(self._live)
        waited = self._line.take(request.bucket, min(self.left(), LONGEST_WAIT_FOR_TURN))
        left = self.left()
        if left <= 0:
            raise BudgetSpent(_("There was no time left for the call."))
        clock = Attempt(min(left, settings.EXTERNAL_API_TIMEOUT), settings.EXTERNAL_API_TIMEOUT)
        return self._send(request, number, clock, waited)

    def _send(self, request: Request, number: int, clock: Attempt, waited: float) -> Response:
        url, headers, body = self._encode(request)
        exchange = Exchange(
            id=uuid7(),
            tenant_id=self._live.tenant_id,
            integration_id=self._live.id,
            correlation_id=self._correlation_id,
            subject=self._subject,
            operation=request.operation,
            method=request.method,
            started_at=datetime.now(UTC),
            attempt=number,
        )
        response: Response | None = None
        error: HubError | None = None
        try:
            response = self._line.transport.send(clock, request.method, url, headers, body)
            error = self.inspect(response) or classify(response, self.overrides)
        except HubError as failure:
            error = failure
        self._note(exchange, clock, waited, url, headers, body, response, error)
        if error is not None:
            # From here on the text may reach logs, pages and other rows.
            error.detail = self._line.masker.text(error.detail)
            self._slow_down(request, response, error)
            raise error
        assert response is not None
        return response

    def _encode(self, request: Request) -> tuple[str, dict[str, str], bytes | None]:
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **request.headers}
        query: dict[str, str] = {}
        self._line.manifest.auth.apply(self._live.credentials, headers, query)
        pairs = [*request.query, *query.items()]
        url = (
            self._line.base_url
            + quote(request.path, safe="/:%,@+~$!*'()")
            + (f"?{urlencode(pairs)}" if pairs else "")
        )
        if request.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return url, headers, urlencode(request.form).encode()
        if request.json is not None:
            headers["Content-Type"] = "application/json"
            return url, headers, orjson.dumps(request.json)
        return url, headers, None

    def _note(
        self,
        exchange: Exchange,
        clock: Attempt,
        waited: float,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        response: Response | None,
        error: HubError | None,
    ) -> None:
        if self._live.is_draft:
            return
        mask = self._line.masker
        total = clock.elapsed_ms()
        exchange.duration_ms = round(total)
        exchange.timings = {
            "turn": round(waited * 1000, 2),
            "connect": clock.connect_ms,
            "first_byte": clock.first_byte_ms,
            "total": total,
        }
        exchange.url = mask.url(url)
        exchange.request_headers = mask.headers(headers)
        exchange.request_body = mask.body(body, headers.get("Content-Type", ""))
        if response is not None:
            exchange.status = response.status
            exchange.response_headers = mask.headers(response.headers)
            exchange.response_body = mask.body(response.body, response.content_type)
        if error is not None:
            exchange.error = error.code
            exchange.error_text = mask.text(" ".join(part for part in (str(error), error.detail) if part))
        self.journal.exchanges.append(exchange)

    def _slow_down(self, request: Request, response: Response | None, error: HubError) -> None:
        """They asked for a pause: every worker keeps it, not only this one."""
        if response is not None and isinstance(error, TransientError) and error.retry_after:
            self._line.hold(request.bucket, min(error.retry_after, LONGEST_HOLD))

    def _pause(self, request: Request, attempt: int, error: HubError) -> float | None:
        """Seconds until the next try, or None when there is none."""
        if (
            attempt >= request.attempts
            or not isinstance(error, TransientError)
            or request.repeat is Repeat.NEVER
        ):
            return None
        if isinstance(error, OutcomeUnknown) and request.repeat is not Repeat.ALWAYS:
            return None
        jitter = random.uniform(1, 1.2)  # noqa: S311 spreading load is no secret
        pause = max(error.retry_after or 0.0, FIRST_BACKOFF * 4 ** (attempt - 1) * jitter)
        return pause if pause < self.left() else None

    def _succeeded(self, request: Request) -> None:
        requests_total.inc(self._live.connector, request.operation, "ok")
        if self._live.is_draft:
            return
        self._line.circuit.succeeded(self._live)
        now = timezone.now()
        if not self._is_steady(now):
            self.journal.signs.append(Sign(self._live.id, self._live.tenant_id, now))

    def _is_steady(self, now: datetime) -> bool:
        """Known to work a moment ago, so that saying it again is not worth a write."""
        last = self._live.last_success_at
        return (
            self._live.health == Health.OK
            and not self._live.failures_in_row
            and last is not None
            and now - last < WORTH_SAYING_AGAIN
        )

    def _failed(self, request: Request, error: HubError) -> None:
        requests_total.inc(self._live.connector, request.operation, error.code)
        if self._live.is_draft or (request.is_optional and not isinstance(error, TransientError)):
            return
        if not isinstance(error, RateLimited):
            self._line.circuit.failed(self._live, error)
        if counts(error) or isinstance(error, ConfigError):
            sign = Sign(
                self._live.id,
                self._live.tenant_id,
                timezone.now(),
                code=error.code,
                reason=self._line.masker.text(str(error)),
                is_config=isinstance(error, ConfigError),
            )
            self.journal.signs.append(sign)
