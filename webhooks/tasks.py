"""Celery tasks of this room."""

from celery import shared_task

from tenants.scoping import all_tenants
from webhooks.actions.forget_old import forget_old


@shared_task
def forget() -> None:
    """Remove deliveries, attempts and bodies past their time."""
    with all_tenants():
        forget_old()
