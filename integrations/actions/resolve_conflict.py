"""A person decides whose values count where both sides changed a record."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.actions.upsert_records import lock
from integrations.models import Link, LinkStatus, OrderLine, Resolution, SyncConflict
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store import writing
from integrations.store.content import digest, values_of_row
from integrations.store.owner import Owner
from integrations.store.pending import note_pending, queue_writes
from integrations.store.shapes import LINES, Shape, shape_of
from integrations.store.telling import Told, tell
from tenants import audit


@transaction.atomic
def resolve_conflict(conflict: SyncConflict, resolution: Resolution) -> bool:
    """Whether it still was open. What we are right about is written there by the next run, if the plan writes."""
    owner = Owner.of(conflict.plan.integration_id)
    lock(owner)
    decided = SyncConflict.objects.filter(pk=conflict.pk, resolution="").update(
        resolution=resolution, resolved_at=timezone.now(), resolved_by=audit.current_actor().name[:200]
    )
    if not decided:
        return False
    conflict.refresh_from_db()
    link = Link.objects.select_for_update().get(pk=conflict.link_id)
    shape = shape_of(RecordKind(conflict.kind))
    theirs = {name: pair["theirs"] for name, pair in conflict.fields.items() if name in shape.content}
    link.theirs = {**link.theirs, **{name: digest(value) for name, value in theirs.items()}}
    link.ours = {name: one for name, one in link.ours.items() if name not in theirs}
    is_there = link.status != LinkStatus.DELETED
    link.status, link.synced_at = LinkStatus.ACTIVE if is_there else link.status, timezone.now()
    link.save()
    if resolution == Resolution.THEIRS:
        _take(owner, shape, link, theirs)
    if conflict.plan.writes and is_there:
        # Whoever is right about these fields: what else was changed here has waited for the decision.
        queue_writes(conflict.plan, [link.record_id])
    audit.record("sync_conflict.resolved", conflict, after={"resolution": str(resolution)})
    return True


def _take(owner: Owner, shape: Shape, link: Link, theirs: Mapping[str, Any]) -> None:
    """Their values become ours, and that is told like any change."""
    row: StoredRecord = shape.model.objects.select_for_update().get(pk=link.record_id)
    lines = list(OrderLine.objects.filter(order_id=row.pk).order_by("place")) if shape.has_lines else []
    before = values_of_row(row, shape, lines)
    for name, value in theirs.items():
        if name == LINES:
            writing.replace_lines(owner.tenant_id, {row.pk: value}, {row.pk})
        else:
            setattr(row, name, shape.columns[name].to_python(value))
    row.note_search_key()
    row.updated_at = timezone.now()
    row.save()
    if {"phones", "emails"} & theirs.keys():
        writing.replace_points(owner.tenant_id, shape.kind, [row], {row.pk})
    values = {**values_of_row(row, shape, lines), **{name: theirs[name] for name in theirs if name == LINES}}
    tell(owner, shape.kind, [
        Told(row.pk, link.outside_id, values, before={name: before[name] for name in theirs})
    ])  # fmt: skip
    note_pending(owner, shape.kind, [row.pk])
