"""What reports say of this room: deliveries, by the hourly tallies, and requests from outside."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from tenants.figures import Figure, Period, Section, Unit, counted, register_section
from webhooks.models import EndpointTally, Inbound, InboundState, TryOutcome
from webhooks.statistics import percentile

_DELIVERED: Final = ngettext_lazy("%(count)d webhook delivered", "%(count)d webhooks delivered", "count")
_GIVEN_UP: Final = ngettext_lazy("%(count)d webhook given up", "%(count)d webhooks given up", "count")
_RECEIVED: Final = ngettext_lazy("%(count)d webhook received", "%(count)d webhooks received", "count")
_UNREAD: Final = ngettext_lazy(
    "%(count)d received webhook not processed", "%(count)d received webhooks not processed", "count"
)


def webhooks(period: Period) -> Sequence[Figure]:
    """Two queries."""
    by_outcome, durations = _tries(period)
    delivered, given_up = by_outcome[TryOutcome.DELIVERED], by_outcome[TryOutcome.GIVEN_UP]
    ended = delivered + given_up
    inbound = Inbound.objects.filter(**period.ids)
    received, unread = counted([inbound, inbound.filter(state=InboundState.FAILED)])
    return [
        Figure("delivered", _("Delivered"), delivered, sentence=_DELIVERED),
        Figure("retried", _("Tried again"), by_outcome[TryOutcome.RETRIED]),
        Figure("given_up", _("Given up"), given_up, sentence=_GIVEN_UP, is_trouble=True),
        Figure(
            "delivered_share", _("Success rate"), 100 * delivered / ended if ended else None, Unit.PERCENT
        ),
        Figure("p50", _("Receivers' answer, median"), percentile(durations, 0.5), Unit.MILLISECONDS),
        Figure("p95", _("Receivers' answer, 95 %"), percentile(durations, 0.95), Unit.MILLISECONDS),
        Figure("received", _("Received"), received, sentence=_RECEIVED),
        Figure("unread", _("Received, not processed"), unread, sentence=_UNREAD, is_trouble=True),
    ]


def _tries(period: Period) -> tuple[Counter[str], Counter[int]]:
    """Tallies are by the hour: where days begin at half past, the hour of midnight counts to the new day."""
    tallies = EndpointTally.objects.filter(hour__gte=period.since, hour__lt=period.until).order_by()
    by_outcome: Counter[str] = Counter()
    durations: Counter[int] = Counter()
    for outcome, duration, count in tallies.values_list("outcome", "duration").annotate(Sum("count")):
        by_outcome[outcome] += count
        if outcome == TryOutcome.DELIVERED:
            durations[duration] += count
    return by_outcome, durations


register_section(Section("webhooks", _("Webhooks"), webhooks, place=60))
