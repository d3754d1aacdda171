"""The number of calls that a system allows for a day, counted over all workers."""

import threading
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.manifest import RateLimit
from integrations.models import DailyUse
from tenants.errors import RateLimited

# A worker counts so many in advance at most; what a killed one had left over is lost for the day.
MOST_AT_ONCE = 10


class Quota:
    """One integration's number for a day as this process sees it. Safe to share between threads."""

    def __init__(self, integration_id: UUID, limit: RateLimit, per_day: int) -> None:
        self._integration_id, self._name, self._per_day = integration_id, limit.name, per_day
        self._zone = ZoneInfo(limit.day_zone)
        self._at_once = max(1, min(MOST_AT_ONCE, per_day // 1000))
        self._day = date.min
        self._left = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count one call; RateLimited until the next day begins there when all are used up."""
        now = timezone.now().astimezone(self._zone)
        with self._lock:
            if self._day != now.date():
                self._day, self._left = now.date(), 0
            if not self._left:
                self._left = self._reserve(self._at_once) or self._reserve(1)
            if not self._left:
                raise self._used_up(now)
            self._left -= 1

    def _reserve(self, count: int) -> int:
        rows = DailyUse.objects.filter(integration_id=self._integration_id, name=self._name, day=self._day)
        free = rows.filter(used__lte=self._per_day - count)
        if free.update(used=F("used") + count):
            return count
        if rows.exists():
            return 0
        row = DailyUse(integration_id=self._integration_id, name=self._name, day=self._day)
        DailyUse.objects.bulk_create([row], ignore_conflicts=True)
        return count if free.update(used=F("used") + count) else 0

    def _used_up(self, now: datetime) -> RateLimited:
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time.min, self._zone)
        return RateLimited(
            _("All %(count)d calls of the day are used up; it goes on at %(when)s.")
            % {"count": self._per_day, "when": timezone.localtime(tomorrow).strftime("%d.%m %H:%M")},
            detail=f"quota {self._name}",
            retry_after=(tomorrow - now).total_seconds(),
        )
