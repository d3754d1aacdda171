"""Periodic work of this room: looking after quiet integrations, beginning synchronisations, forgetting what is old."""

from datetime import datetime, timedelta
from typing import Final

from celery import shared_task
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from integrations.actions.check_integration import queue_checks
from integrations.actions.compare_directory import queue_comparisons
from integrations.actions.forget_messages import forget_before
from integrations.actions.keep_alive import queue_idle
from integrations.actions.poll_updates import queue_polls
from integrations.actions.seek_duplicates import search_everywhere
from integrations.models import (
    AlertLetter,
    Authorization,
    DailyUse,
    DirectoryDifference,
    DuplicateJob,
    Exchange,
    Handoff,
    MappingProblem,
    SyncFault,
    SyncRun,
)
from integrations.sync.sweep import start_due
from tenants.scoping import all_tenants

KEPT: Final = timedelta(days=14)
FAILED_KEPT: Final = timedelta(days=90)
BATCH: Final = 2000


@shared_task
def check() -> int:
    """Queue the checks that are due; how many."""
    with all_tenants():
        return queue_checks()


@shared_task
def compare_directories() -> int:
    """Queue the comparisons of extensions that are due; how many."""
    with all_tenants():
        return queue_comparisons()


@shared_task
def start_due_syncs() -> int:
    """Begin the synchronisations that are due; how many."""
    return start_due()


@shared_task
def search_duplicates() -> int:
    """Begin the nightly searches for duplicates; how many."""
    return search_everywhere()


@shared_task
def forget_exchanges() -> int:
    """Remove exchanges after two weeks, failed ones, mapping problems, faulty records and runs after three months; how many."""
    now = timezone.now()
    with all_tenants():
        Handoff.objects.filter(expires_at__lt=now - KEPT).delete()
        AlertLetter.objects.filter(created_at__lt=now - FAILED_KEPT).delete()
        Authorization.objects.filter(expires_at__lt=now - KEPT).delete()
        DailyUse.objects.filter(day__lt=(now - KEPT).date()).delete()
        MappingProblem.objects.filter(resolved_at__lt=now - FAILED_KEPT).delete()
        DirectoryDifference.objects.filter(settled_at__lt=now - FAILED_KEPT).delete()
        SyncRun.objects.filter(finished_at__lt=now - FAILED_KEPT).delete()
        SyncFault.objects.filter(integration__isnull=False, last_seen_at__lt=now - FAILED_KEPT).delete()
        DuplicateJob.objects.filter(finished_at__lt=now - FAILED_KEPT).delete()
        fine, failed = Exchange.objects.filter(error=""), Exchange.objects.exclude(error="")
        return _forget(fine, now - KEPT) + _forget(failed, now - FAILED_KEPT)


@shared_task
def forget_messages() -> int:
    """Remove messages, with their files, after `MESSAGE_RETENTION_DAYS`; how many. What waits to be sent stays."""
    days = int(settings.MESSAGE_RETENTION_DAYS)
    if days <= 0:
        return 0
    with all_tenants():
        return forget_before(timezone.now() - timedelta(days=days))


@shared_task
def keep_access_alive() -> int:
    """Queue the renewal of tokens that nobody used for a week; how many."""
    with all_tenants():
        return queue_idle(timezone.now())


@shared_task
def ask_for_updates() -> int:
    """Have every integration that is to be asked for news asked, from now on; how many there are."""
    with all_tenants():
        return queue_polls()


def _forget(rows: QuerySet[Exchange], before: datetime) -> int:
    """In batches, each its own transaction, so that nobody waits long for the table."""
    removed = 0
    # Ids are time-ordered: the oldest come first without a sort.
    while batch := list(
        rows.filter(started_at__lt=before).order_by("id").values_list("id", flat=True)[:BATCH]
    ):
        removed += Exchange.objects.filter(id__in=batch).delete()[0]
    return removed
