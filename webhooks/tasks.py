"""Celery tasks of this room."""

from celery import shared_task

from tenants.scoping import all_tenants
from webhooks.actions import watch_endpoints
from webhooks.actions.forget_old import forget_old
from webhooks.lanes.reports import queue_due_reports


@shared_task
def forget() -> None:
    """Remove deliveries, attempts and bodies past their time."""
    with all_tenants():
        forget_old()


@shared_task
def watch() -> None:
    """Warn of endpoints that take nothing, and switch off those that are past hope."""
    with all_tenants():
        watch_endpoints.watch_endpoints()


@shared_task
def report() -> int:
    """Queue the reports that are due; how many."""
    return queue_due_reports()
