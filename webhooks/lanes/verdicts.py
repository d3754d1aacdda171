"""What a reply means for its delivery: delivered, tried again and when, or given up and why."""

import re
import time
from collections.abc import Collection, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

import orjson

from tenants.work import backoff
from webhooks.hops import LOOP, LOOP_STATUS
from webhooks.limits import LONGEST_DELAY, TRIES_AFTER_CLIENT_ERROR
from webhooks.sender import Reply
from webhooks.sender.failures import DENIED

NEVER_RETRIED = frozenset({DENIED, "bad_url", "gone", LOOP})
GIVEN_UP_EARLY = frozenset(
    {"redirect", "unauthorized", "not_found", "too_large", "rejected", "unexpected_status"}
)
_BY_STATUS = {
    401: "unauthorized",
    403: "unauthorized",
    404: "not_found",
    408: "server_error",
    410: "gone",
    413: "too_large",
    425: "rate_limited",
    429: "rate_limited",
    LOOP_STATUS: LOOP,
}
SHORTEST_BLOCK = 60.0
# Discord asks for fractions of a second.
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?\Z", re.ASCII)


class Verdict(NamedTuple):
    """`reason` is a code of `webhooks.reasons`, empty when delivered; `delay` None means that it is over."""

    is_delivered: bool
    reason: str
    delay: float | None


def judge(
    reply: Reply, tries: int, schedule: Sequence[float], gone: Collection[int] = frozenset()
) -> Verdict:
    """`tries` counts this one too; `gone` are answers by which this kind of receiver says that it is no more."""
    reason = reply.error or ("gone" if reply.status in gone else _reason_of(reply.status))
    if not reason:
        return Verdict(True, "", None)
    if reason in NEVER_RETRIED or (reason in GIVEN_UP_EARLY and tries >= TRIES_AFTER_CLIENT_ERROR):
        return Verdict(False, reason, None)
    planned = backoff(schedule, tries)
    if planned is not None and not reply.error:
        planned = _respecting(planned, reply)
    return Verdict(False, reason, planned)


def kept_trying(verdict: Verdict, schedule: Sequence[float]) -> Verdict:
    """For an order that waits for each: what would be given up is tried again as late as the schedule's last time.

    But not at a receiver that is no more; its endpoint is disabled.
    """
    if verdict.is_delivered or verdict.delay is not None or verdict.reason == "gone":
        return verdict
    return verdict._replace(delay=max(schedule[-1] if schedule else 0.0, SHORTEST_BLOCK))


def has_answered(reply: Reply) -> bool:
    """Whether the receiver is there and copes; a refusal of what was sent is an answer, too."""
    return not reply.error and _reason_of(reply.status) not in ("server_error", "rate_limited")


def _reason_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirect"
    if 400 <= status < 500:
        return _BY_STATUS.get(status, "rejected")
    return _BY_STATUS.get(status, "server_error") if 500 <= status < 600 else "unexpected_status"


def _respecting(planned: float, reply: Reply) -> float:
    """Wait as long as the receiver asks (Retry-After), but neither less than planned nor more than a day."""
    asked = retry_after(reply.headers)
    if asked is None and reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        asked = _asked_in_body(reply.body)
    return planned if asked is None else min(max(planned, asked), max(planned, LONGEST_DELAY))


def retry_after(headers: bytes) -> float | None:
    """Seconds from a Retry-After of either form; None when there is none or it makes no sense."""
    for line in headers.split(b"\r\n"):
        name, _colon, raw = line.partition(b":")
        if name.strip().lower() == b"retry-after":
            value = raw.strip().decode("latin-1")
            if _SECONDS.match(value):
                return float(value[:10])
            try:
                return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
            except (ValueError, OverflowError):
                return None
    return None


def _asked_in_body(body: bytes) -> float | None:
    """Telegram says it in the answer's `parameters`, Discord at its top."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    found = answer.get("parameters", answer) if isinstance(answer, dict) else None
    asked = found.get("retry_after") if isinstance(found, dict) else None
    return float(asked) if isinstance(asked, int | float) and 0 <= asked < LONGEST_DELAY else None
