"""What waits in the queue, and which alerts last, for /metrics: read from the rows, which every process can see."""

from collections.abc import Iterator
from typing import Final

from django.utils import timezone

from config import metrics
from tenants.installation.watch import running
from tenants.models import Work
from tenants.work.lanes import lanes

# Beyond that it makes no difference how many they are, and counting would cost more than it tells.
MOST_COUNTED: Final = 10_000


def _depths() -> Iterator[metrics.Reading]:
    now = timezone.now()
    for lane in lanes():
        due = Work.objects.filter(lane=lane.name, due__lte=now).order_by()
        yield (lane.name,), float(due[:MOST_COUNTED].count())


def _ages() -> Iterator[metrics.Reading]:
    now = timezone.now()
    for lane in lanes():
        due = Work.objects.filter(lane=lane.name, due__lte=now).order_by("due")
        oldest = due.values_list("due", flat=True).first()
        yield (lane.name,), (now - oldest).total_seconds() if oldest else 0.0


metrics.gauges("switchboard_work_due", "Due work that nobody has taken, at most 10000.", ("lane",), _depths)
metrics.gauges("switchboard_work_oldest_seconds", "How long the oldest of it has been due.", ("lane",), _ages)
metrics.gauges(
    "switchboard_system_alert",
    "1 for each alert of the installation that lasts.",
    ("code", "severity"),
    lambda: [((alert.code, alert.severity), 1.0) for alert in running()[:50]],
)
