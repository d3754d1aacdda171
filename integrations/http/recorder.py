"""Notes each attempt in the journal as an exchange: masked, with what took how long."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from config.ids import uuid7
from integrations.http.bounds import Attempt
from integrations.http.draft import Outgoing
from integrations.http.journal import Journal
from integrations.http.line import Line
from integrations.http.messages import Response
from integrations.live import Live
from integrations.models import Exchange
from tenants.errors import HubError

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Recorder:
    """For one session. What a draft does leaves no trace."""

    live: Live
    line: Line
    journal: Journal
    subject: UUID | None
    correlation_id: UUID | None

    def begin(self, operation: str, method: str, attempt: int) -> Exchange:
        """Before anything is sent, so that its id and time are those of its beginning."""
        return Exchange(
            id=uuid7(),
            tenant_id=self.live.tenant_id,
            integration_id=self.live.id,
            correlation_id=self.correlation_id,
            subject=self.subject,
            operation=operation,
            method=method,
            started_at=datetime.now(UTC),
            attempt=attempt,
        )

    def note(
        self,
        exchange: Exchange,
        clock: Attempt,
        waited: float,
        outgoing: Outgoing,
        response: Response | None,
        error: HubError | None,
    ) -> None:
        """What became of it; `waited` are seconds before its turn."""
        if self.live.is_draft:
            return
        mask = self.line.masker
        total = clock.elapsed_ms()
        exchange.duration_ms = round(total)
        exchange.timings = {"turn": round(waited * 1000, 2), **clock.timings(), "total": total}
        exchange.url = mask.url(outgoing.url)
        exchange.request_headers = mask.headers(outgoing.headers)
        if outgoing.shown is None:
            exchange.request_body = mask.body(outgoing.body, outgoing.headers.get("Content-Type", ""))
        else:
            exchange.request_body = mask.body(outgoing.shown, FORM_TYPE)
        if response is not None:
            exchange.status = response.status
            exchange.response_headers = mask.headers(response.headers)
            exchange.response_body = mask.body(response.body, response.content_type)
        if error is not None:
            exchange.error = error.code
            exchange.error_text = mask.text(" ".join(part for part in (str(error), error.detail) if part))
        self.journal.exchanges.append(exchange)
