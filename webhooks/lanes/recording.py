"""Writes what became of deliveries: three statements for a whole batch, inside the settling transaction."""

import uuid
from collections.abc import Iterable, Iterator
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
from webhooks.models import DeliveryState, TryOutcome
from webhooks.sender import Reply

DETAIL_LENGTH = 300
HEADERS_LENGTH = 8192
# Of one answer to many deliveries, what is kept with all but the first.
ANSWER_OF_OTHERS = 1024

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
    """Deliveries of one request that ended without a try."""

    delivery_ids: tuple[uuid.UUID, ...]
    state: DeliveryState
    reason: str
    endpoint_id: uuid.UUID | None = None
    stream: str | None = None


def write(results: Iterable[Sent | Unsent]) -> None:
    now = timezone.now()
    sent = [one for one in results if isinstance(one, Sent)]
    update("webhooks_delivery", _DELIVERY, [row for one in sent for row in _delivery_rows(one, now)])
    insert("webhooks_attempt", _ATTEMPT, [row for one in sent for row in _attempt_rows(one)])
    tallies.add(_counted(one) for one in sent if not one.job.is_test)
    unsent = [
        (delivery_id, one.state.value, one.reason, None, now)
        for one in results
        if isinstance(one, Unsent)
        for delivery_id in one.delivery_ids
    ]
    update("webhooks_delivery", _UNSENT, unsent)


def _delivery_rows(sent: Sent, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Of every delivery of the request."""
    job, verdict = sent.job, sent.verdict
    waits = verdict.delay is not None
    state = (
        DeliveryState.PENDING
        if waits
        else DeliveryState.DONE
        if verdict.is_delivered
        else DeliveryState.FAILED
    )
    detail = _clean(sent.reply.detail, DETAIL_LENGTH)
    next_due = now + timedelta(seconds=verdict.delay) if verdict.delay is not None else None
    for one in job.members:
        yield (
            one.delivery_id,
            state.value,
            verdict.reason,
            detail,
            one.attempts + 1,
            one.tries + 1,
            sent.reply.status or None,
            next_due,
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


def _attempt_rows(sent: Sent) -> Iterator[tuple[Any, ...]]:
    """Of every delivery of the request; the first one's holds the whole answer."""
    job, reply = sent.job, sent.reply
    hidden = job.authorization
    own_lines = [
        *masked_lines(hidden).splitlines(),
        *reply.sent_headers[len(job.target.headers) + len(hidden) :],
    ]
    said = _clean(masked(masked_json(reply.body.decode("utf-8", "replace")))) if reply.body else ""
    shown = (
        datetime.fromtimestamp(reply.started_at, UTC),
        reply.status or None,
        sent.verdict.reason,
        _clean(reply.detail, DETAIL_LENGTH),
        *_durations(reply),
        reply.is_reused,
        "\n".join((job.target.shown_headers, *own_lines)),
        _shown_headers(reply.headers),
    )
    for number, one in enumerate(job.members):
        body, is_cut = (said, reply.is_cut) if not number else _beginning(said, reply.is_cut)
        yield (
            uuid7(), job.row.tenant_id, one.delivery_id, one.attempts + 1, one.trigger, *shown, body, is_cut
        )  # fmt: skip


def _beginning(said: str, is_cut: bool) -> tuple[str, bool]:
    return said[:ANSWER_OF_OTHERS], is_cut or len(said) > ANSWER_OF_OTHERS


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
