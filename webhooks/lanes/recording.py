"""Writes what became of deliveries: three statements for a whole batch, inside the settling transaction."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from config.masking import masked, masked_json
from tenants.bulk import insert, update
from tenants.ids import uuid7
from webhooks.headers import masked_lines
from webhooks.lanes import tallies
from webhooks.lanes.jobs import Job
from webhooks.lanes.verdicts import Verdict
from webhooks.models import DeliveryState, Trigger, TryOutcome
from webhooks.sender import Reply

DETAIL_LENGTH = 300
HEADERS_LENGTH = 8192

_DELIVERY = (
    ("id", "uuid"),
    ("state", "text"),
    ("reason", "text"),
    ("detail", "text"),
    ("attempts", "int"),
    ("tries", "int"),
    ("last_status", "int"),
    ("next_due", "timestamptz"),
    ("finished_at", "timestamptz"),
)
_UNSENT = (
    ("id", "uuid"),
    ("state", "text"),
    ("reason", "text"),
    ("next_due", "timestamptz"),
    ("finished_at", "timestamptz"),
)
_ATTEMPT = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("delivery_id", "uuid"),
    ("n", "int"),
    ("trigger", "text"),
    ("started_at", "timestamptz"),
    ("status", "int"),
    ("error", "text"),
    ("detail", "text"),
    ("dns_ms", "float8"),
    ("connect_ms", "float8"),
    ("tls_ms", "float8"),
    ("first_byte_ms", "float8"),
    ("total_ms", "float8"),
    ("is_reused", "boolean"),
    ("request_headers", "text"),
    ("response_headers", "text"),
    ("response_body", "text"),
    ("is_cut", "boolean"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A try that was made, and what follows from it."""

    job: Job
    reply: Reply
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Unsent:
    """A delivery that ended without a try."""

    delivery_id: uuid.UUID
    state: DeliveryState
    reason: str


def write(results: Iterable[Sent | Unsent]) -> None:
    now = timezone.now()
    sent = [one for one in results if isinstance(one, Sent)]
    update("webhooks_delivery", _DELIVERY, [_delivery_row(one, now) for one in sent])
    insert("webhooks_attempt", _ATTEMPT, [_attempt_row(one) for one in sent])
    tallies.add(_counted(one) for one in sent if one.job.trigger != Trigger.TEST)
    unsent = [
        (one.delivery_id, one.state.value, one.reason, None, now)
        for one in results
        if isinstance(one, Unsent)
    ]
    update("webhooks_delivery", _UNSENT, unsent)


def _delivery_row(sent: Sent, now: datetime) -> tuple[Any, ...]:
    job, verdict = sent.job, sent.verdict
    waits = verdict.delay is not None
    state = (
        DeliveryState.PENDING
        if waits
        else DeliveryState.DONE
        if verdict.is_delivered
        else DeliveryState.FAILED
    )
    return (
        job.row.subject,
        state.value,
        verdict.reason,
        _clean(sent.reply.detail, DETAIL_LENGTH),
        job.attempts + 1,
        job.tries + 1,
        sent.reply.status or None,
        now + timedelta(seconds=verdict.delay) if verdict.delay is not None else None,
        None if waits else now,
    )


def _counted(sent: Sent) -> tallies.Try:
    verdict = sent.verdict
    outcome = TryOutcome.DELIVERED if verdict.is_delivered else TryOutcome.RETRIED
    if not verdict.is_delivered and verdict.delay is None:
        outcome = TryOutcome.GIVEN_UP
    job, reply = sent.job, sent.reply
    return tallies.Try(
        job.row.tenant_id, job.endpoint_id, reply.started_at, outcome, verdict.reason, reply.total_ms
    )


def _attempt_row(sent: Sent) -> tuple[Any, ...]:
    job, reply = sent.job, sent.reply
    hidden = job.authorization
    own_lines = [
        *masked_lines(hidden).splitlines(),
        *reply.sent_headers[len(job.target.headers) + len(hidden) :],
    ]
    return (
        uuid7(),
        job.row.tenant_id,
        job.row.subject,
        job.attempts + 1,
        job.trigger,
        datetime.fromtimestamp(reply.started_at, UTC),
        reply.status or None,
        sent.verdict.reason,
        _clean(reply.detail, DETAIL_LENGTH),
        *_durations(reply),
        reply.is_reused,
        "\n".join((job.target.shown_headers, *own_lines)),
        _shown_headers(reply.headers),
        _clean(masked(masked_json(reply.body.decode("utf-8", "replace")))) if reply.body else "",
        reply.is_cut,
    )


def _durations(reply: Reply) -> tuple[float | None, float | None, float | None, float | None, float]:
    """libcurl counts from the start; what people read is how long each step took."""
    dns = connect = tls = None
    if not reply.is_reused and reply.connect_ms:
        dns = round(reply.dns_ms, 2)
        connect = round(reply.connect_ms - reply.dns_ms, 2)
        tls = round(reply.tls_ms - reply.connect_ms, 2) if reply.tls_ms else None
    first_byte = round(reply.first_byte_ms, 2) if reply.status else None
    return dns, connect, tls, first_byte, round(reply.total_ms, 2)


def _shown_headers(raw: bytes) -> str:
    """The final reply's header lines, masked; informational replies before it are left out."""
    if not raw:
        return ""
    final = raw.rstrip(b"\r\n").rsplit(b"\r\n\r\n", 1)[-1]
    lines = final[:HEADERS_LENGTH].decode("latin-1").split("\r\n")
    return _clean(masked_lines(lines))


def _clean(text: str, length: int | None = None) -> str:
    """PostgreSQL stores no NUL."""
    return text.replace("\x00", "\ufffd")[:length]
