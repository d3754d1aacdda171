"""Removes what imports keep, once its time is over: rows with their contents, and files that nobody will look through."""

import logging

from django.db import models, transaction
from django.utils import timezone

from exports.actions.expire import is_old
from exports.imports.place import stored_files
from exports.models import WORKING, Import, ImportRow, ImportState

logger = logging.getLogger(__name__)

BATCH = 100
ROWS = 5_000


def forget_imports() -> int:
    """How many were forgotten. The counts stay; without its rows an import can be neither written nor taken back."""
    count = 0
    while due := list(_due()[:BATCH]):
        for job in due:
            count += _forget(job)
    return count


def _due() -> "models.QuerySet[Import]":
    now = timezone.now()
    return (
        Import.objects.filter(forgotten_at__isnull=True, expires_at__lte=now)
        .exclude(state__in=WORKING)
        .order_by("expires_at")
    )


def _forget(job: Import) -> bool:
    """Nobody can begin to write or to undo it any more (`Import.is_kept`); its rows go as many at a time as a lock may last."""
    rows = ImportRow.objects.filter(job=job).order_by("number")
    while ids := list(rows.values_list("pk", flat=True)[:ROWS]):
        ImportRow.objects.filter(pk__in=ids).delete()
    with transaction.atomic():
        Import.objects.filter(pk=job.pk, state=ImportState.READY).update(state=ImportState.EXPIRED)
        return bool(
            Import.objects.filter(pk=job.pk, forgotten_at__isnull=True).update(forgotten_at=timezone.now())
        )


def remove_import_orphans() -> int:
    """Files of imports that are over, or were never begun. How many were removed."""
    count = 0
    for key, path in stored_files():
        is_wanted = Import.objects.filter(pk=key, state__in=WORKING).exists()
        if not is_wanted and is_old(path):
            path.unlink(missing_ok=True)
            logger.info("removed the orphan file %s", path)
            count += 1
    return count
