"""Warn of endpoints that take nothing any more, and switch them off at last.

Switched off is only who failed for long AND lost many deliveries for good: neither a quiet week-end nor one bad day is
enough. Whoever owns it was warned twice before. What waits is parked, and offered again when it is enabled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from tenants.events import emit
from webhooks.actions.disable_endpoint import described, disable_endpoint
from webhooks.actions.mail_warning import Warned, mail_warning
from webhooks.events import FAILING, RECOVERED
from webhooks.models import Endpoint, EndpointState, EndpointTally, EndpointTrouble, TryOutcome
from webhooks.statistics import LONGEST

WARNED_AFTER: Final = (timedelta(days=1), timedelta(days=3))
DISABLED_AFTER: Final = timedelta(days=5)
FEWEST_TRIES: Final = 5
FEWEST_GIVEN_UP: Final = 20
REASON: Final = "failing_long"


@dataclass(frozen=True, slots=True)
class Failing:
    """An enabled endpoint's tries since it last took something."""

    endpoint_id: UUID
    since: datetime
    tries: int
    given_up: int


def watch_endpoints(now: datetime | None = None) -> None:
    """Once an hour. Repeating it changes nothing."""
    now = now or timezone.now()
    failing = {one.endpoint_id: one for one in _failing(now)}
    _recover(now)
    endpoints = Endpoint.objects.filter(id__in=failing).select_related("trouble", "tenant")
    for endpoint in endpoints:
        _act(endpoint, failing[endpoint.pk], now)


def _failing(now: datetime) -> Iterable[Failing]:
    """Those that failed within the last day and took nothing since at least then."""
    recent = EndpointTally.objects.filter(hour__gte=now - timedelta(days=1)).order_by()
    took = recent.filter(outcome=TryOutcome.DELIVERED).values("endpoint")
    failed = (
        recent.filter(endpoint__state=EndpointState.ENABLED).exclude(endpoint__in=took).values("endpoint")
    )
    taken = EndpointTally.objects.filter(endpoint=OuterRef("endpoint"), outcome=TryOutcome.DELIVERED)
    since_then = (
        EndpointTally.objects.filter(endpoint__in=failed, hour__gte=now - LONGEST)
        .annotate(taken=Subquery(taken.order_by("-hour").values("hour")[:1]))
        .filter(Q(taken=None) | Q(hour__gt=F("taken")))
        # Whoever enabled it again after it had been switched off gave it a new chance.
        .filter(Q(endpoint__enabled_at=None) | Q(hour__gte=F("endpoint__enabled_at")))
        .order_by()
    )
    given_up = Sum("count", filter=Q(outcome=TryOutcome.GIVEN_UP), default=0)
    rows = since_then.values_list("endpoint").annotate(
        since=Min("hour"), tries=Sum("count"), given_up=given_up
    )
    yield from (Failing(*row) for row in rows)


def _act(endpoint: Endpoint, failing: Failing, now: datetime) -> None:
    lasting = now - failing.since
    trouble: EndpointTrouble | None = getattr(endpoint, "trouble", None)
    warnings = trouble.warnings if trouble else 0
    due = sum(lasting >= after for after in WARNED_AFTER)
    is_hopeless = lasting >= DISABLED_AFTER and failing.given_up >= FEWEST_GIVEN_UP
    if is_hopeless and warnings == len(WARNED_AFTER):
        disable_endpoint(endpoint, reason=REASON)
    elif due > warnings and failing.tries >= FEWEST_TRIES:
        # One after the other, an hour apart at least, also for who was down for long unnoticed.
        _warn(endpoint, failing, warnings + 1, now)


@transaction.atomic
def _warn(endpoint: Endpoint, failing: Failing, number: int, now: datetime) -> None:
    reason = _reason(failing)
    EndpointTrouble.objects.update_or_create(
        endpoint=endpoint,
        tenant_id=endpoint.tenant_id,
        defaults={"since": failing.since, "reason": reason, "warnings": number, "warned_at": now},
    )
    told = described(endpoint, reason) | {"since": failing.since.isoformat(), "failed": failing.given_up}
    emit(
        endpoint.tenant_id,
        FAILING,
        told,
        key=f"{FAILING}:{endpoint.pk}:{failing.since.isoformat()}:{number}",
    )
    mail_warning(endpoint, Warned.FAILING, reason, failing.since)


def _reason(failing: Failing) -> str:
    """The most frequent one."""
    tallies = EndpointTally.objects.filter(endpoint=failing.endpoint_id, hour__gte=failing.since).order_by()
    found = tallies.values_list("reason").annotate(total=Sum("count")).order_by("-total").first()
    return found[0] if found else ""


def _recover(now: datetime) -> None:
    """Who took something after the trouble began is in trouble no more."""
    taken = EndpointTally.objects.filter(outcome=TryOutcome.DELIVERED, hour__gte=now - LONGEST)
    well = EndpointTrouble.objects.filter(
        endpoint__in=taken.filter(endpoint__trouble__since__lt=F("hour")).values("endpoint")
    )
    for trouble in well.select_related("endpoint__tenant"):
        with transaction.atomic():
            emit(
                trouble.tenant_id,
                RECOVERED,
                described(trouble.endpoint, ""),
                key=f"{RECOVERED}:{trouble.endpoint_id}:{trouble.since.isoformat()}",
            )
            mail_warning(trouble.endpoint, Warned.RECOVERED)
            trouble.delete()
