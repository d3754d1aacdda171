"""Links of records that became a part of another record while something was written for them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from integrations.models import Link, LinkStatus
from integrations.models.records import ReachableRecord, StoredRecord
from integrations.records import RecordKind
from integrations.store.parts import LISTS
from integrations.store.shapes import shape_of


def follow_merges(
    integration_id: UUID, kind: RecordKind, links: Sequence[Link], written: Iterable[StoredRecord]
) -> None:
    """What was created there while its record became a part of another one is that one's object, or one of them."""
    rows = {row.pk: row for row in written}
    new = {link.record_id: link for link in links if link._state.adding}
    if not new or not issubclass(shape_of(kind).model, ReachableRecord):
        return
    survivors = _survivors(kind, list(new))
    own = set(
        Link.objects.filter(integration_id=integration_id, record_id__in=list(survivors.values()))
        .exclude(status=LinkStatus.DELETED)
        .values_list("record_id", flat=True)
    )
    for former, record_id in survivors.items():
        link, row = new[former], rows[former]
        link.record_id, link.is_moved = record_id, record_id in own
        link.parts = {name: list(getattr(row, name)) for name in LISTS}
        own.add(record_id)


def _survivors(kind: RecordKind, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Of those that were merged; a survivor may have become a part of another one in its turn."""
    model: Any = shape_of(kind).model
    merged = model.objects.filter(merged_into__isnull=False)
    found = dict(merged.filter(pk__in=list(ids)).values_list("pk", "merged_into"))
    while further := dict(merged.filter(pk__in=set(found.values())).values_list("pk", "merged_into")):
        found = {one: further.get(survivor, survivor) for one, survivor in found.items()}
    return found
