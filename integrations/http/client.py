"""The ApiClient: the one way out for connectors."""

import random
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from config.metrics import counter
from integrations.capabilities.base import Repeat
from integrations.http.auth import OAuth2
from integrations.http.bounds import Attempt
from integrations.http.cache import Answers, conditional
from integrations.http.draft import Draft, Outgoing
from integrations.http.errors import BudgetSpent, NotSent, OutcomeUnknown
from integrations.http.journal import Journal
from integrations.http.line import Line
from integrations.http.messages import Request, Response
from integrations.http.oauth.tokens import Tokens
from integrations.http.recorder import Recorder
from integrations.http.status import Row, classify
from integrations.http.verdicts import Verdicts
from integrations.live import Live, Token
from tenants.errors import HubError, TransientError

request_seconds = counter(
    "integration_request_seconds_total", "Time spent in them", ["connector", "operation"]
)

LONGEST_WAIT_FOR_TURN = 5.0
FIRST_BACKOFF = 0.1
LONGEST_HOLD = 900.0
USER_AGENT = "Switchboard/1.0"
KEEP_ALIVE = Request(method="POST", path="", operation="token")

Inspect = Callable[[Response], HubError | None]


class _Tried(NamedTuple):
    """What became of one attempt: an answer, an error, or both."""

    response: Response | None
    error: HubError | None


class ApiClient:
    """Makes one integration's calls within one budget of time, and notes each attempt in the journal.

    `overrides` replaces rows of the status table; `inspect` finds errors that the status does not show, and has the
    first word. `is_expired` says of an error's answer whether a new access token would help. All of them are set by the
    connector's own client.
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
        is_dry: bool = False,
    ) -> None:
        self._line, self._live, self.journal = line, live, journal
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._is_probe, self._is_dry = is_probe, is_dry
        self._recorder = Recorder(live, line, journal, subject, correlation_id)
        self._verdicts = Verdicts(line, live, journal)
        self._auth = line.manifest.auth_for(live.settings)
        self._tokens = self._tokens_of(self._auth)
        self.overrides: Mapping[int, Row] = {}
        self.inspect: Inspect = lambda response: None
        self.is_expired: Callable[[Response], bool] = lambda response: response.status == 401

    def _tokens_of(self, auth: object) -> Tokens | None:
        if not isinstance(auth, OAuth2) or auth.fixed(self._live.credentials):
            return None
        return Tokens(auth, self._line, self._live, self._recorder, is_probe=self._is_probe, left=self.left)

    @property
    def tokens(self) -> Tokens | None:
        """The tokens of an account that people connect; None for all other ways of proving who we are."""
        return self._tokens

    @property
    def kept(self) -> Mapping[str, str]:
        """What the manifest's `OAuth2.kept` and `read_callback` kept beside the token."""
        return self._tokens.extras if self._tokens else {}

    @property
    def base_url(self) -> str:
        """The account's address, or the one that came with its token."""
        name = self._auth.base_url_from if isinstance(self._auth, OAuth2) else ""
        return self.kept.get(name, "") or self._line.base_url

    def call(self, request: Request) -> Response:
        """The answer, or the HubError that it means. Tries again only what may be repeated, within the budget."""
        if self._is_dry and request.is_change:
            raise self._not_sent(request)
        if request.method == "GET" and (request.cache_seconds or request.revalidate):
            return self._remembered(request)
        return self._call(request)

    def keep_alive(self) -> None:
        """Renew the access although nobody needs it now; HubError as of a call."""
        if self._tokens and self._live.token:
            try:
                self._tokens.renewed(self._live.token.version)
            except HubError as error:
                self._verdicts.failed(KEEP_ALIVE, error)
                raise

    def pause(self, request: Request, seconds: float) -> None:
        """Nobody has a turn in that request's bucket for so long; nothing for 0."""
        if seconds > 0:
            self._line.hold(request.bucket, min(seconds, LONGEST_HOLD))

    def download(self, url: str, operation: str) -> bytes:
        """A file that is not the system's own, such as a recording at the exchange: without our credentials, up to 16 MB.

        Neither its address's parameters nor the file are kept in the exchange.
        """
        exchange = self._recorder.begin(operation, "GET", 1)
        outgoing = Outgoing("GET", url, {"User-Agent": USER_AGENT}, None)
        clock = Attempt(
            max(min(self.left(), settings.EXTERNAL_API_TIMEOUT), 0.0), settings.EXTERNAL_API_TIMEOUT
        )
        response: Response | None = None
        error: HubError | None = None
        try:
            response = self._line.transport.send(clock, outgoing)
            error = classify(response, {})
        except HubError as failure:
            error = failure
        shown = Outgoing("GET", url.partition("?")[0], outgoing.headers, None)
        kept = None if response is None else Response(response.status, response.headers, b"")
        self._recorder.note(exchange, clock, 0.0, shown, kept, error)
        if error is not None:
            raise error
        assert response is not None
        return response.body

    def left(self) -> float:
        """Seconds of the budget that remain; the installation's limit for one call when there is no budget."""
        if self._deadline is None:
            return settings.EXTERNAL_API_TIMEOUT
        return self._deadline - time.monotonic()

    def _call(self, request: Request) -> Response:
        attempt = 1
        while True:
            try:
                response = self._attempt(request, attempt)
            except HubError as error:
                pause = self._pause(request, attempt, error)
                if pause is None:
                    self._verdicts.failed(request, error)
                    raise
                time.sleep(pause)
                attempt += 1
            else:
                self._verdicts.succeeded(request)
                return response

    def _remembered(self, request: Request) -> Response:
        if self._live.is_draft:
            return self._call(request)
        answers = Answers(self._live)
        kept = answers.find(request)
        if kept is not None and kept.is_fresh:
            return kept.response
        if kept is None or not (request.revalidate and kept.conditions):
            response = self._call(request)
        else:
            response = self._call(conditional(request, kept))
            if response.status == 304:
                response = kept.response
        answers.keep(request, response)
        return response

    def _not_sent(self, request: Request) -> NotSent:
        exchange = self._recorder.begin(request.operation, request.method, 1)
        self._recorder.note(exchange, Attempt(0, 0), 0.0, self._outgoing(request, None), None, None)
        return NotSent(_("Nothing was sent: this is a dry run."), detail=request.operation)

    def _attempt(self, request: Request, number: int) -> Response:
        if not self._is_probe:
            self._line.circuit.admit(self._live)
        token = self._tokens.usable() if self._tokens else None
        tried = self._once(request, number, token)
        if self._tokens and token and self._is_over(tried) and self._tokens.may_renew(token):
            # They did nothing but look at the token, so that even what must not be repeated may go again.
            token = self._tokens.renewed(token.version)
            token = self._tokens.usable()
            tried = self._once(request, number, token)
            if self._is_over(tried):
                self._tokens.doubt(token)
        if tried.error is not None:
            raise tried.error
        assert tried.response is not None
        return tried.response

    def _is_over(self, tried: _Tried) -> bool:
        return tried.error is not None and tried.response is not None and self.is_expired(tried.response)

    def _once(self, request: Request, number: int, token: Token | None) -> _Tried:
        with self._line.turn(request.bucket, min(self.left(), LONGEST_WAIT_FOR_TURN)) as waited:
            left = self.left()
            if left <= 0:
                raise BudgetSpent(_("There was no time left for the call."))
            clock = Attempt(min(left, settings.EXTERNAL_API_TIMEOUT), settings.EXTERNAL_API_TIMEOUT)
            return self._send(request, number, self._outgoing(request, token), clock, waited)

    def _send(
        self, request: Request, number: int, outgoing: Outgoing, clock: Attempt, waited: float
    ) -> _Tried:
        exchange = self._recorder.begin(request.operation, request.method, number)
        response: Response | None = None
        error: HubError | None = None
        try:
            response = self._line.transport.send(clock, outgoing)
            error = self._judged(request, response)
        except HubError as failure:
            error = failure
        self._recorder.note(exchange, clock, waited, outgoing, response, error)
        request_seconds.inc(self._live.connector, request.operation, by=clock.elapsed_ms() / 1000)
        if error is not None:
            # From here on the text may reach logs, pages and other rows.
            error.detail = self._line.masker.text(error.detail)
            self._slow_down(request, response, error)
        return _Tried(response, error)

    def _judged(self, request: Request, response: Response) -> HubError | None:
        if response.status == 304 and request.is_conditional:
            return None
        return self.inspect(response) or classify(response, self.overrides)

    def _outgoing(self, request: Request, token: Token | None) -> Outgoing:
        draft = Draft(
            request.method,
            request.path,
            {"User-Agent": USER_AGENT, "Accept": "application/json", **request.headers},
            list(request.query),
            None if request.form is None else dict(request.form),
            request.json,
            request.files,
        )
        key_header = self._line.manifest.idempotency_header
        if key_header and request.idempotency_key:
            draft.headers[key_header] = request.idempotency_key
        self._auth.apply(self._live.credentials, draft)
        if token is not None and isinstance(self._auth, OAuth2):
            self._auth.place(token.access, draft)
        outgoing = draft.outgoing(self.base_url)
        outgoing.headers.update(self._auth.sign(self._live.credentials, outgoing))
        return outgoing

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
