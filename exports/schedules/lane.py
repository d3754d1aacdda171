"""Lane `exports.schedules`: exports that are due, each begun once."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from exports.actions.run_schedule import run_due_schedule
from exports.models import ExportSchedule
from tenants.scoping import all_tenants
from tenants.work import Leased, Outcome, PooledLane, enqueue, register

LANE: Final = "exports.schedules"
MOST: Final = 1000


class SchedulesLane(PooledLane):
    """Subject: the schedule; group: its company."""

    name = LANE
    queue = "exports"
    capacity = 2
    per_group = 1
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        run_due_schedule(row.subject)
        return Outcome.done(row)


def queue_due_schedules(now: datetime | None = None) -> int:
    """How many there are, the longest overdue first. A hub that was off queues each once, however long it was."""
    now = now or timezone.now()
    with all_tenants():
        due = ExportSchedule.objects.filter(is_enabled=True, next_due_at__lte=now, tenant__is_active=True)
        rows = list(due.order_by("next_due_at").values_list("id", "tenant_id")[:MOST])
        enqueue(LANE, [(id_, tenant_id, str(tenant_id), None) for id_, tenant_id in rows])
    return len(rows)


register(SchedulesLane())
