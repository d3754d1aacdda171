"""Celery's part: what beat asks this room to do now and then."""

from celery import shared_task

from exports.actions import expire_exports, remove_orphans
from tenants.scoping import all_tenants


@shared_task
def expire() -> None:
    """Remove files whose time is over, and orphans."""
    with all_tenants():
        expire_exports()
        remove_orphans()
