"""What a company uses of exports now; read from an index of unfinished and kept exports only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from exports.models import LIVE, Export, State


@dataclass(frozen=True, slots=True)
class Usage:
    running: int
    waiting: int
    kept_files: int
    kept_size: int
    """Bytes."""
    next_expiry: datetime | None

    @property
    def unfinished(self) -> int:
        return self.running + self.waiting


def usage_of(tenant_id: int) -> Usage:
    """One query; needs a scope in which the company is."""
    done = Q(state=State.DONE)
    found = Export.objects.filter(tenant_id=tenant_id, state__in=LIVE).aggregate(
        running=Count("pk", filter=Q(state=State.RUNNING)),
        waiting=Count("pk", filter=Q(state=State.PENDING)),
        kept_files=Count("pk", filter=done),
        kept_size=Sum("size", filter=done, default=0),
        next_expiry=Min("expires_at", filter=done),
    )
    return Usage(**found)


def kept_size(tenant_id: int) -> int:
    """Bytes of all files that the company can download now."""
    found = Export.objects.filter(tenant_id=tenant_id, state=State.DONE)
    return int(found.aggregate(total=Sum("size", default=0))["total"])
