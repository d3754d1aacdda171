"""The scheduler that beat runs: django-celery-beat's, with a sign of life for /health."""

import logging
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

logger = logging.getLogger(__name__)

PULSE_SECONDS = 10.0


class Scheduler(DatabaseScheduler):
    """Schedules from the database; says that it is alive whenever it ticks."""

    _last_pulse = float("-inf")

    def tick(self, *args: Any, **options: Any) -> float:
        if time.monotonic() - self._last_pulse > PULSE_SECONDS:
            self._last_pulse = time.monotonic()
            self._pulse()
        pause: float = super().tick(*args, **options)
        return min(pause, PULSE_SECONDS)

    @staticmethod
    def _pulse() -> None:
        from tenants.heartbeats import beat

        try:
            beat("beat")
        except (DatabaseError, InterfaceError) as error:
            logger.warning("beat could not say that it is alive, the database does not answer: %s", error)
        finally:
            close_old_connections()
