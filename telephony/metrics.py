"""How the exchanges are heard, for /metrics: read from the rows that the listeners report to."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from config import metrics
from telephony.models import ListenerState, PbxStatus
from tenants.scoping import all_tenants

LABELS: Final = ("company", "exchange")
SILENT: Final = timedelta(seconds=60)


def _rows() -> list[PbxStatus]:
    with all_tenants():
        heard = PbxStatus.objects.exclude(state=ListenerState.OFF).select_related("pbx", "tenant")
        return list(heard.order_by("tenant_id", "pbx_id"))


def _read(value: Callable[[PbxStatus], Any]) -> Callable[[], Iterator[metrics.Reading]]:
    def read() -> Iterator[metrics.Reading]:
        for row in _rows():
            found = value(row)
            if found is not None:
                yield (row.tenant.number, row.pbx.name), float(found)

    return read


def _is_connected(row: PbxStatus) -> bool:
    is_fresh = row.seen_at is not None and timezone.now() - row.seen_at < SILENT
    return is_fresh and row.state == ListenerState.CONNECTED


metrics.gauges(
    "switchboard_exchange_connected", "1 while the exchange is heard.", LABELS, _read(_is_connected)
)
metrics.gauges(
    "switchboard_exchange_lag_ms",
    "99 of 100 events were stored that many milliseconds after they happened, or sooner.",
    LABELS,
    _read(lambda row: row.lag_p99),
)
metrics.gauges(
    "switchboard_exchange_events_per_minute",
    "Events of calls in the last minute.",
    LABELS,
    _read(lambda row: row.events_per_minute),
)
