"""Removes an export and its file for good."""

import uuid
from functools import partial

from django.db import transaction

from exports.engine import files
from exports.formats import FORMATS
from exports.lanes import LANE
from exports.models import Export
from tenants import audit
from tenants.work import cancel


def delete_export(export: Export) -> None:
    """The row and its work go now, the file after the commit."""
    with transaction.atomic():
        cancel(LANE, [export.pk])
        audit.record("export.deleted", export, before=audit.snapshot(export))
        transaction.on_commit(partial(_remove_file, export.tenant_id, export.pk, export.format))
        export.delete()


def _remove_file(tenant_id: int, export_id: uuid.UUID, format_name: str) -> None:
    files.final_path(tenant_id, export_id, FORMATS[format_name].extension).unlink(missing_ok=True)
