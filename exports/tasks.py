"""Celery's part: what beat asks this room to do now and then."""

from celery import shared_task

from exports.actions import (
    expire_exports,
    forget_history,
    forget_imports,
    remove_import_orphans,
    remove_orphans,
)
from exports.schedules.lane import queue_due_schedules
from tenants.scoping import all_tenants


@shared_task
def start_due() -> int:
    """Queue the schedules that are due; how many."""
    return queue_due_schedules()


@shared_task
def expire() -> None:
    """Remove files and previews whose time is over, orphans, and old history."""
    with all_tenants():
        expire_exports()
        forget_imports()
        remove_orphans()
        remove_import_orphans()
        forget_history()
