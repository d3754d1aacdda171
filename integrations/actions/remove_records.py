"""Notes that outside objects are gone: a record that no other system has is deleted, and that is told."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.actions.upsert_records import lock
from integrations.models import ContactPoint, Link, LinkStatus, OrderLine
from integrations.records import RecordKind
from integrations.store.content import values_of_row
from integrations.store.owner import Owner
from integrations.store.shapes import shape_of
from integrations.store.telling import Told, tell


@transaction.atomic
def remove_records(owner: Owner, kind: RecordKind, outside_ids: Sequence[str]) -> int:
    """How many were there until now. Rows are kept, marked: what refers to them goes on doing so."""
    lock(owner)
    links = list(
        Link.objects.filter(
            integration_id=owner.integration_id, kind=kind, outside_id__in=[one[:200] for one in outside_ids]
        ).exclude(status=LinkStatus.DELETED)
    )
    if not links:
        return 0
    now = timezone.now()
    Link.objects.filter(pk__in=[link.pk for link in links]).update(
        status=LinkStatus.DELETED, synced_at=now, their_hash=""
    )
    records = {link.record_id: link for link in links}
    shape = shape_of(kind)
    # Of a record that goes from two systems at once each of them would take the other one's link for a living one.
    rows = {
        row.pk: row
        for row in shape.model.objects.filter(pk__in=list(records))
        .order_by("pk")
        .select_for_update(no_key=True)
    }
    elsewhere = Link.objects.filter(record_id__in=list(records)).exclude(status=LinkStatus.DELETED)
    gone = set(records) - set(elsewhere.values_list("record_id", flat=True))
    going = [row for pk, row in rows.items() if pk in gone and row.deleted_at is None]
    ids = [row.pk for row in going]
    shape.model.objects.filter(pk__in=ids).update(deleted_at=now, updated_at=now)
    ContactPoint.objects.filter(record_id__in=ids).delete()
    lines: dict[UUID, list[OrderLine]] = {}
    if shape.has_lines:
        for line in OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "place"):
            lines.setdefault(line.order_id, []).append(line)
    tell(owner, kind, [
        Told(
            row.pk, records[row.pk].outside_id, values_of_row(row, shape, lines.get(row.pk, ())), is_gone=True
        )
        for row in going
    ])  # fmt: skip
    return len(links)
