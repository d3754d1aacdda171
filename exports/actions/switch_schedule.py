"""Pause a schedule and let it go on."""

from django.db import transaction

from exports.models import ExportSchedule
from exports.schedules.outcomes import owner_problem
from tenants import audit
from tenants.errors import ConfigError


def pause_schedule(schedule: ExportSchedule) -> bool:
    """Whether there was something to pause. What is under way goes on."""
    return _switch(schedule, "paused", is_enabled=False)


def resume_schedule(schedule: ExportSchedule) -> bool:
    """Whether it was paused; what was due meanwhile is not made up for. ConfigError where its owner's rights do not suffice."""
    problem = owner_problem(schedule)
    if problem:
        raise ConfigError(problem)
    return _switch(schedule, "resumed", is_enabled=True)


def _switch(schedule: ExportSchedule, verb: str, *, is_enabled: bool) -> bool:
    if schedule.is_enabled == is_enabled:
        return False
    with transaction.atomic():
        schedule.is_enabled = is_enabled
        schedule.save(update_fields=["is_enabled", "updated_at"])
        audit.record(f"exportschedule.{verb}", schedule)
    return True
