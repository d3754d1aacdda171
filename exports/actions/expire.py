"""Removes files whose time is over, and what crashes left behind."""

import logging
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from exports.engine import files
from exports.engine.place import path_of
from exports.models import Export, State
from exports.telling import tell

logger = logging.getLogger(__name__)

BATCH = 100
# Longer than any writer pauses between two writes, so that no file in the making is taken for an orphan.
ORPHAN_SECONDS = 3600.0


def expire_exports() -> int:
    """How many were expired. The state changes first: a file that outlives a crash here is an orphan, never an offer."""
    count = 0
    while due := list(
        Export.objects.filter(state=State.DONE, expires_at__lte=timezone.now()).order_by("expires_at")[:BATCH]
    ):
        for export in due:
            count += _expire(export)
    return count


def _expire(export: Export) -> bool:
    with transaction.atomic():
        changed = Export.objects.filter(pk=export.pk, state=State.DONE).update(state=State.EXPIRED)
        if changed:
            tell(export, "export.expired", file_name=export.file_name)
    path_of(export).unlink(missing_ok=True)
    return bool(changed)


def remove_orphans() -> int:
    """Files that no export offers and nobody writes to: of killed workers, of deleted exports. How many were removed."""
    count = 0
    for batch in _batches(files.stored_files()):
        offered = set(
            Export.objects.filter(pk__in=[key for key, _path in batch], state=State.DONE).values_list(
                "pk", flat=True
            )
        )
        for key, path in batch:
            if (path.suffix == files.PART or key not in offered) and is_old(path):
                path.unlink(missing_ok=True)
                logger.info("removed the orphan file %s", path)
                count += 1
    return count


def _batches(found: Iterator[tuple[uuid.UUID, Path]]) -> Iterator[list[tuple[uuid.UUID, Path]]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ORPHAN_SECONDS
    except FileNotFoundError:
        return False
