"""Groups with their records, and merges, as pages and routes show them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from integrations.models import DuplicateGroup, DuplicateMember, ReachableRecord, RecordMerge
from integrations.records import RecordKind
from integrations.store.shapes import shape_of

MERGES_SHOWN = 100


def with_members(groups: Sequence[DuplicateGroup]) -> Sequence[Any]:
    """The same groups, each with its records, which may have changed since, as `rows`: one query, and one for each kind."""
    members: dict[UUID, list[UUID]] = {}
    named = DuplicateMember.objects.filter(group__in=[one.pk for one in groups]).order_by("record_id")
    for group_id, record_id in named.values_list("group_id", "record_id"):
        members.setdefault(group_id, []).append(record_id)
    found: dict[UUID, Any] = {}
    for kind in sorted({one.kind for one in groups}):
        ids = {record for one in groups if one.kind == kind for record in members.get(one.pk, ())}
        model: Any = shape_of(RecordKind(kind)).model
        found |= model.objects.filter(merged_into__isnull=True, deleted_at__isnull=True).in_bulk(ids)
    for one in groups:
        one.rows = [found[record] for record in members.get(one.pk, ()) if record in found]  # type: ignore[attr-defined]
    return groups


def groups_of(record_id: UUID) -> Sequence[DuplicateGroup]:
    """The open groups in which that record is, with their records."""
    named = DuplicateMember.objects.filter(record_id=record_id).values("group_id")
    groups = DuplicateGroup.objects.filter(pk__in=named, dismissed_at__isnull=True)
    return with_members(list(groups.order_by("-pk")[:10]))


def merges_of(survivor_id: UUID) -> list[RecordMerge]:
    """Newest first, undone ones too."""
    return list(RecordMerge.objects.filter(survivor_id=survivor_id).order_by("-pk")[:MERGES_SHOWN])


def merge_to_undo(row: ReachableRecord) -> RecordMerge | None:
    """By which it went into another one; of one that is kept, the latest into it."""
    done = RecordMerge.objects.filter(survivor_id=row.merged_into or row.pk, undone_at__isnull=True)
    return next(
        (
            one
            for one in done.order_by("-pk")[:MERGES_SHOWN]
            if row.merged_into is None or str(row.pk) in {loser["id"] for loser in one.losers}
        ),
        None,
    )
