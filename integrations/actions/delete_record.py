"""Contacts and companies that are deleted here, and restored: marked, audited and told; no outside system is touched."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.edit_record import ChangedMeanwhile, NotChangeable, checked_kind, spread
from integrations.duplicates.finding import refresh
from integrations.models import ContactPoint, PendingWrite, ReachableRecord
from integrations.records import RecordKind
from integrations.store.content import plain, values_of_row
from integrations.store.locks import lock_company
from integrations.store.shapes import Shape, shape_of
from integrations.store.telling import Told, tell_of
from tenants import audit


@transaction.atomic
def delete_record(
    tenant_id: int, kind: RecordKind, pk: UUID, version: datetime | None = None
) -> ReachableRecord:
    """Nothing happens to what is deleted already. `NotChangeable` for a part of another record.

    The row stays, as do its links: orders go on naming it, and what those systems change is kept without a word. What
    waited to be written is not written, but for creations of which it is not known whether they happened.
    """
    shape = shape_of(checked_kind(kind))
    row = _locked(tenant_id, shape, pk, version)
    if row.deleted_at is not None:
        return row
    row.deleted_at = row.updated_at = timezone.now()
    row.save(update_fields=["deleted_at", "updated_at"])
    values = values_of_row(row, shape)
    points = ContactPoint.objects.filter(record_id=row.pk)
    # Their groups are found by the numbers that it had in common with them.
    refresh_after = set(points.values_list("type", "value"))
    points.delete()
    refresh(tenant_id, kind, [row.pk, *_holders(kind, refresh_after)])
    PendingWrite.objects.filter(record_id=row.pk, is_uncertain=False).delete()
    audit.record(f"{kind}.deleted", row, before=plain(values))
    tell_of(tenant_id, "", kind, [Told(row.pk, "", values, is_gone=True)])
    return row


@transaction.atomic
def restore_record(tenant_id: int, kind: RecordKind, pk: UUID) -> ReachableRecord:
    """As it is by now: found, told and written to the systems again. Nothing happens to what is not deleted.

    What was deleted there, too, is made there anew by the synchronisations that write.
    """
    shape = shape_of(checked_kind(kind))
    row = _locked(tenant_id, shape, pk)
    if row.deleted_at is None:
        return row
    row.deleted_at, row.updated_at = None, timezone.now()
    row.save(update_fields=["deleted_at", "updated_at"])
    audit.record(f"{kind}.restored", row)
    told = Told(row.pk, "", values_of_row(row, shape), before={"deleted_at": None})
    spread([row], shape, [told], reachable=[row])
    return row


def _locked(tenant_id: int, shape: Shape, pk: UUID, version: datetime | None = None) -> ReachableRecord:
    lock_company(tenant_id)
    model: Any = shape.model
    row: ReachableRecord = model.objects.select_for_update().get(pk=pk)
    if row.merged_into is not None:
        raise NotChangeable(
            _("“%(name)s” is a part of another record: delete that one, or undo the merge.") % {"name": row}
        )
    if version is not None and row.deleted_at is None and row.updated_at != version:
        raise ChangedMeanwhile(_("It has been changed meanwhile: look at it again."))
    return row


def _holders(kind: RecordKind, points: set[tuple[str, str]]) -> set[UUID]:
    """Who else has one of these."""
    found: set[UUID] = set()
    for type_ in {one for one, _value in points}:
        values = [value for own, value in points if own == type_]
        named = ContactPoint.objects.filter(type=type_, value__in=values, kind=kind)
        found |= set(named.values_list("record_id", flat=True))
    return found
