"""A record that is deleted here, and restored: marked, audited and told; no outside system is touched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.edit_record import ChangedMeanwhile, NotChangeable, spread
from integrations.duplicates.finding import KINDS, refresh
from integrations.models import ContactPoint, OrderLine, PendingWrite
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store.content import plain, values_of_row
from integrations.store.deleting import kept_back
from integrations.store.locks import lock_company
from integrations.store.shapes import Shape, shape_of
from integrations.store.telling import Told, tell_of
from tenants import audit, bulk


@transaction.atomic
def delete_record(
    tenant_id: int, kind: RecordKind, pk: UUID, version: datetime | None = None
) -> StoredRecord:
    """Nothing happens to what is deleted already. `NotChangeable` for a part of another record, and for what only mirrors
    what a connected system counts.

    The row stays, as do its links: orders go on naming it, and what those systems change is kept without a word. What
    waited to be written is not written, but for creations of which it is not known whether they happened.
    """
    shape = shape_of(kind)
    row = _locked(tenant_id, shape, pk)
    if row.deleted_at is not None:
        return row
    if version is not None and row.updated_at != version:
        raise ChangedMeanwhile(_("It has been changed meanwhile: look at it again."))
    mark_deleted(shape, [row])
    return row


@transaction.atomic
def restore_record(tenant_id: int, kind: RecordKind, pk: UUID) -> StoredRecord:
    """As it is by now: found, told and written to the systems again. Nothing happens to what is not deleted.

    What was deleted there, too, is made there anew by the synchronisations that write.
    """
    shape = shape_of(kind)
    row = _locked(tenant_id, shape, pk)
    if row.deleted_at is not None:
        mark_restored(shape, [row])
    return row


def _locked(tenant_id: int, shape: Shape, pk: UUID) -> StoredRecord:
    lock_company(tenant_id)
    model: Any = shape.model
    row: StoredRecord = model.objects.select_for_update().get(pk=pk)
    for reason in kept_back(shape.kind, [row]).values():
        raise NotChangeable(reason)
    return row


def mark_deleted(shape: Shape, rows: Sequence[StoredRecord]) -> None:
    """All of one company and not deleted, in the caller's transaction and a constant number of statements."""
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.deleted_at = row.updated_at = now
    bulk.change(rows, ["deleted_at", "updated_at"])
    ids = [row.pk for row in rows]
    if shape.kind in KINDS:
        _forget_points(rows[0].tenant_id, shape.kind, ids)
    PendingWrite.objects.filter(record_id__in=ids, is_uncertain=False).delete()
    values = _values(shape, rows)
    done = [
        audit.Done(row, before={name: plain(value) for name, value in values[row.pk].items()}) for row in rows
    ]
    audit.record_many(f"{shape.kind}.deleted", done)
    tell_of(
        rows[0].tenant_id, "", shape.kind, [Told(row.pk, "", values[row.pk], is_gone=True) for row in rows]
    )


def mark_restored(shape: Shape, rows: Sequence[StoredRecord]) -> None:
    """All of one company and deleted."""
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.deleted_at, row.updated_at = None, now
    bulk.change(rows, ["deleted_at", "updated_at"])
    audit.record_many(f"{shape.kind}.restored", [audit.Done(row) for row in rows])
    values = _values(shape, rows)
    told = [Told(row.pk, "", values[row.pk], before={"deleted_at": None}) for row in rows]
    spread(rows, shape, told, reachable=rows)


def _values(shape: Shape, rows: Sequence[StoredRecord]) -> dict[UUID, dict[str, Any]]:
    lines: dict[UUID, list[OrderLine]] = {}
    if shape.has_lines:
        known = OrderLine.objects.filter(order_id__in=[row.pk for row in rows])
        for line in known.order_by("order_id", "place"):
            lines.setdefault(line.order_id, []).append(line)
    return {row.pk: values_of_row(row, shape, lines.get(row.pk, ())) for row in rows}


def _forget_points(tenant_id: int, kind: RecordKind, ids: Sequence[UUID]) -> None:
    """Their groups of duplicates are found by the numbers that they had in common with others."""
    points = ContactPoint.objects.filter(record_id__in=ids)
    shared = set(points.values_list("type", "value"))
    points.delete()
    refresh(tenant_id, kind, [*ids, *_holders(kind, shared)])


def _holders(kind: RecordKind, points: set[tuple[str, str]]) -> set[UUID]:
    """Who else has one of these."""
    found: set[UUID] = set()
    for type_ in {one for one, _value in points}:
        values = [value for own, value in points if own == type_]
        named = ContactPoint.objects.filter(type=type_, value__in=values, kind=kind)
        found |= set(named.values_list("record_id", flat=True))
    return found
