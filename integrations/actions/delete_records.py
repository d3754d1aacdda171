"""Many records of one kind that are deleted here, or restored, by the rules of one (`delete_record`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from integrations.actions.delete_record import mark_deleted, mark_restored
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store.deleting import kept_back
from integrations.store.locks import lock_company
from integrations.store.shapes import Shape, shape_of

MOST: Final = 1000
"""At a time: one transaction, for which whoever keeps the company's records waits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done` of them; what was so before counts for nothing. `kept` are those that stay as they are, with the reason."""

    done: int
    kept: dict[UUID, str]


def delete_records(tenant_id: int, kind: RecordKind, ids: Sequence[UUID]) -> Outcome:
    """At most `MOST`."""
    return _each(tenant_id, kind, ids, mark_deleted, is_deleted=False)


def restore_records(tenant_id: int, kind: RecordKind, ids: Sequence[UUID]) -> Outcome:
    """At most `MOST`."""
    return _each(tenant_id, kind, ids, mark_restored, is_deleted=True)


@transaction.atomic
def _each(
    tenant_id: int,
    kind: RecordKind,
    ids: Sequence[UUID],
    mark: Callable[[Shape, Sequence[StoredRecord]], None],
    *,
    is_deleted: bool,
) -> Outcome:
    shape = shape_of(kind)
    lock_company(tenant_id)
    model: Any = shape.model
    wanted = model.objects.filter(pk__in=list(ids)[:MOST], deleted_at__isnull=not is_deleted)
    rows = list(wanted.select_for_update().order_by("pk"))
    kept = kept_back(kind, rows)
    chosen = [row for row in rows if row.pk not in kept]
    mark(shape, chosen)
    return Outcome(len(chosen), kept)
