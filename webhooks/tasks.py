"""Celery tasks of this room."""

from celery import shared_task

from tenants.scoping import all_tenants
from webhooks.actions import watch_endpoints
from webhooks.actions.forget_old import forget_old
from webhooks.actions.tell_of_certificates import tell_of_certificates
from webhooks.flow import streams
from webhooks.lanes.reports import queue_due_reports


@shared_task
def forget() -> None:
    """Remove deliveries, attempts and bodies past their time."""
    with all_tenants():
        forget_old()


@shared_task
def watch() -> None:
    """Warn of endpoints that take nothing, switch off those past hope; see that no order stands still, tell of certificates."""
    with all_tenants():
        watch_endpoints.watch_endpoints()
        streams.mend()
        tell_of_certificates()


@shared_task
def report() -> int:
    """Queue the reports that are due; how many."""
    return queue_due_reports()
