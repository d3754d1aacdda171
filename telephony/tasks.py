"""Periodic work of this room."""

from datetime import timedelta
from typing import Any, Final

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from config.ids import uuid7_at
from telephony.actions.catch_up import queue_all, queue_outages
from telephony.actions.give_up import give_up_calls
from telephony.models import (
    AmiAccess,
    CallCommand,
    CatchUpReport,
    CommandState,
    OriginateRequest,
    RedirectDecision,
)
from telephony.models.ami import want_listener
from telephony.models.origination import OVER
from telephony.recordings.keeping import forget_old
from tenants.scoping import all_tenants

REPORTS_KEPT: Final = timedelta(days=90)
REDIRECTS_KEPT: Final = timedelta(days=90)
CLICKS_KEPT: Final = timedelta(days=90)
BATCH: Final = 2000


@shared_task
def give_up() -> int:
    """Close calls of which nothing was heard for hours; how many."""
    with all_tenants():
        return give_up_calls()


@shared_task
def read_call_records() -> int:
    """Have every exchange's call records read; how many sources there are."""
    with all_tenants():
        CatchUpReport.objects.filter(created_at__lt=timezone.now() - REPORTS_KEPT).delete()
        return queue_all()


@shared_task
def fill_outages() -> int:
    """Have the records of exchanges read that we did not hear for a while; how many."""
    with all_tenants():
        if AmiAccess.objects.filter(is_enabled=True).exists():
            want_listener()  # a database that was brought here from elsewhere
        return queue_outages()


@shared_task
def forget_recordings() -> int:
    """Remove copies and links of recordings that their exchange's settings keep no longer; how many."""
    with all_tenants():
        return forget_old()


@shared_task
def forget_redirects() -> int:
    """Remove decisions of smart redirect after three months, batch by batch; how many."""
    with all_tenants():
        return _forget(RedirectDecision.objects.all(), REDIRECTS_KEPT)


@shared_task
def forget_clicks() -> int:
    """Remove clicks and commands that are over after three months, batch by batch; how many. Their calls stay."""
    with all_tenants():
        commands = CallCommand.objects.exclude(state=CommandState.PENDING)
        clicks = OriginateRequest.objects.filter(state__in=OVER)
        return _forget(clicks, CLICKS_KEPT) + _forget(commands, CLICKS_KEPT)


def _forget(rows: QuerySet[Any], kept: timedelta) -> int:
    """Ids are ordered by time: the oldest come first without a sort."""
    old = rows.filter(id__lt=uuid7_at(timezone.now() - kept)).order_by("id").values_list("id", flat=True)
    removed = 0
    while batch := list(old[:BATCH]):
        removed += rows.filter(id__in=batch).delete()[0]
    return removed
