"""How an endpoint is, at a glance: its state, what is wrong and what to do, the figures behind that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.db.models import Min
from django.utils.translation import gettext as _

from webhooks.diagnosis import Diagnosis, diagnose
from webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, EndpointTrouble
from webhooks.proof.certificates import is_ending
from webhooks.statistics import Statistics, statistics

Condition = Literal["good", "slow", "failing", "disabled", "quiet"]
SLOW_MS: Final = 5_000
LOOKED_AT: Final = 20
MOST_SHOWN: Final = 3
LATELY: Final = 200
"""Deliveries that are looked at: what is wrong now is among the newest, or the oldest that wait."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis with when it was last seen, and how often among the newest failed deliveries."""

    diagnosis: Diagnosis
    count: int
    seen_at: datetime
    delivery: object


@dataclass(frozen=True, slots=True)
class Health:
    """`oldest_due_at` is the oldest delivery that waits; `next_try_at` when the next of them is tried."""

    condition: Condition
    findings: tuple[Finding, ...]
    failing_since: datetime | None
    figures: Statistics
    oldest_due_at: datetime | None
    next_try_at: datetime | None
    certificate_expires_at: datetime | None
    certificate_warning: str

    @property
    def share(self) -> float | None:
        """Of what ended, delivered: in hundredths."""
        rate = self.figures.success_rate
        return None if rate is None else round(100 * rate, 1)


def health(endpoint: Endpoint, figures: Statistics | None = None) -> Health:
    """Of the last day. Four queries beside those of the statistics."""
    figures = figures or statistics(endpoint.pk)
    findings = _findings(endpoint)
    trouble = EndpointTrouble.objects.filter(endpoint=endpoint).first()
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).order_by("id")
    slow = _slow(figures)
    return Health(
        condition=_condition(endpoint, figures, findings, is_slow=slow is not None),
        findings=(*findings, *([slow] if slow else [])),
        failing_since=trouble.since if trouble else None,
        figures=figures,
        oldest_due_at=figures.oldest_waiting_at,
        next_try_at=waiting[:LATELY].aggregate(soonest=Min("next_due"))["soonest"],
        certificate_expires_at=endpoint.certificate_expires_at,
        certificate_warning=_of_certificate(endpoint),
    )


def _condition(
    endpoint: Endpoint, figures: Statistics, findings: tuple[Finding, ...], *, is_slow: bool
) -> Condition:
    if not endpoint.is_enabled:
        return "disabled"
    if findings:
        return "failing"
    if is_slow:
        return "slow"
    return "good" if figures.delivered else "quiet"


def _findings(endpoint: Endpoint) -> tuple[Finding, ...]:
    """Of deliveries that are not delivered yet, or never were: what succeeded after all is nobody's trouble any more."""
    unwell = Delivery.objects.filter(
        endpoint=endpoint, state__in=(DeliveryState.PENDING, DeliveryState.FAILED), attempts__gt=0
    )
    newest = Delivery.objects.filter(endpoint=endpoint).order_by("-id").values_list("state", "finished_at")
    taken = max(
        (when for state, when in newest[:LATELY] if state == DeliveryState.DONE and when), default=None
    )
    ids = list(unwell.order_by("-id").values_list("id", flat=True)[:LOOKED_AT])
    grouped: dict[str, Finding] = {}
    for attempt in Attempt.objects.filter(delivery_id__in=ids).order_by("-started_at"):
        diagnosis = diagnose(attempt)
        if diagnosis is None or (taken is not None and attempt.started_at < taken):
            continue
        known = grouped.get(diagnosis.code)
        if known is None:
            grouped[diagnosis.code] = Finding(diagnosis, 1, attempt.started_at, attempt.delivery_id)
        else:
            grouped[diagnosis.code] = Finding(known.diagnosis, known.count + 1, known.seen_at, known.delivery)
    return tuple(list(grouped.values())[:MOST_SHOWN])


def _slow(figures: Statistics) -> Finding | None:
    if figures.p95_ms is None or figures.p95_ms < SLOW_MS:
        return None
    words = Diagnosis(
        "slow",
        _("The receiver takes long: one answer in twenty needs more than %(seconds)d seconds.")
        % {"seconds": figures.p95_ms // 1000},
        _("Answer 200 first and do the work afterwards: slow answers become time-outs under load."),
    )
    return Finding(words, 1, figures.until, None)


def _of_certificate(endpoint: Endpoint) -> str:
    until = endpoint.certificate_expires_at
    if not is_ending(until):
        return ""
    return _("Our client certificate ends soon, or has ended: get a new one and enter it here.")
