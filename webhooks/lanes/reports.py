"""Lane `webhooks.reports`: reports that are due, each made and handed out once."""

from datetime import datetime

from django.utils import timezone

from tenants.scoping import all_tenants
from tenants.work import Leased, Outcome, PooledLane, enqueue
from webhooks.actions.send_report import send_due_report
from webhooks.models import Report

LANE = "webhooks.reports"
MOST = 1000


class ReportsLane(PooledLane):
    """Subject: the report; group: its company."""

    name = LANE
    queue = "upkeep"
    capacity = 2
    per_group = 1
    lease_seconds = 120.0

    def act(self, row: Leased) -> Outcome:
        send_due_report(row.subject)
        return Outcome.done(row)


def queue_due_reports(now: datetime | None = None) -> int:
    """How many there are, the longest overdue first. A hub that was off queues each once, however long it was."""
    now = now or timezone.now()
    with all_tenants():
        due = Report.objects.filter(is_enabled=True, next_due_at__lte=now, tenant__is_active=True)
        rows = list(due.order_by("next_due_at").values_list("id", "tenant_id")[:MOST])
        enqueue(LANE, [(id_, tenant_id, str(tenant_id), None) for id_, tenant_id in rows])
    return len(rows)
