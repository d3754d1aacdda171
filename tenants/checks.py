"""Health checks of workers, beat and the audit trail's seal."""

from datetime import timedelta

from django.utils import timezone

from config.health import Finding, health_check
from config.ids import uuid7_at
from tenants.heartbeats import is_alive
from tenants.scoping import all_tenants
from tenants.trail.seal import SLACK, unsealed
from tenants.work import lanes

SEALED_WITHIN = timedelta(minutes=10)


@health_check("workers")
def workers() -> Finding:
    silent = sorted({lane.queue for lane in lanes() if not is_alive(f"worker:{lane.queue}")})
    return Finding(not silent, f"no worker takes the queues: {', '.join(silent)}" if silent else "")


@health_check("audit")
def audit_trail() -> Finding:
    """Entries are sealed within seconds; much later means that nobody does it, and none of them would be missed."""
    now = timezone.now()
    with all_tenants():
        late = unsealed().filter(id__gte=uuid7_at(now - SLACK), id__lt=uuid7_at(now - SEALED_WITHIN))
        is_late = late.exists()
    return Finding(not is_late, "entries of the audit trail wait to be sealed" if is_late else "")


@health_check("beat")
def beat() -> Finding:
    return Finding(True) if is_alive("beat") else Finding(False, "the scheduler gives no sign of life")
