"""One batch of an import: a transaction that only the holder of the lease can commit."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from exports.models import Import, ImportState
from tenants.work import Leased


class Stopped(Exception):
    """The import was cancelled, or another worker has taken it over: stop without effect."""


@contextmanager
def fenced(row: Leased, *states: ImportState) -> Iterator[Import]:
    """The import as it is now, in one of these states. The queue's row is locked before the import's, as settling does it."""
    with transaction.atomic():
        if not row.extend():
            raise Stopped
        job = Import.objects.select_for_update(of=("self",)).filter(pk=row.subject, state__in=states).first()
        if job is None:
            raise Stopped
        yield job
