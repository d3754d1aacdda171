"""Tries of deliveries by their outcome, for /metrics: the workers' tallies, which the web process can see."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from config import metrics
from tenants.scoping import all_tenants
from webhooks.models import EndpointTally


def _tries() -> Iterator[metrics.Reading]:
    with all_tenants():
        recent = EndpointTally.objects.filter(hour__gte=timezone.now() - timedelta(days=1)).order_by()
        found = list(recent.values_list("outcome").annotate(Sum("count")))
    yield from (((str(outcome),), float(count)) for outcome, count in found)


metrics.gauges(
    "switchboard_webhook_tries_day",
    "Requests to endpoints within the last day, in whole hours, by their outcome.",
    ("outcome",),
    _tries,
)
