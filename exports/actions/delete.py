"""Removes an export and its file for good."""

from functools import partial

from django.db import transaction

from exports.engine.place import path_of
from exports.lanes import LANE
from exports.models import Export
from exports.shipments import drop_shipments
from tenants import audit
from tenants.work import cancel


def delete_export(export: Export) -> None:
    """The row and its work go now, the file after the commit."""
    with transaction.atomic():
        cancel(LANE, [export.pk])
        drop_shipments(export)
        audit.record("export.deleted", export, before=audit.snapshot(export))
        transaction.on_commit(partial(path_of(export).unlink, missing_ok=True))
        export.delete()
