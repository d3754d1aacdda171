"""Undoes a merge: the others are there again as they were, with what came through their links meanwhile left to be read."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.merge_records import MergeRefused
from integrations.duplicates.dismissing import dismiss_pairs
from integrations.duplicates.finding import refresh
from integrations.duplicates.values import undone_values
from integrations.models import Link, ReachableRecord, RecordMerge, Reference, SyncConflict
from integrations.records import RecordKind
from integrations.store import writing
from integrations.store.content import digests, values_of_row
from integrations.store.locks import lock_company
from integrations.store.parts import LISTS
from integrations.store.pending import note_local, plans_that_write
from integrations.store.shapes import Shape, shape_of
from tenants import audit, bulk
from tenants.events import emit


@transaction.atomic
def unmerge_records(merge: RecordMerge) -> RecordMerge:
    """`MergeRefused` when it was undone already, or something that was merged later stands on it.

    The survivor loses what the merge brought; what was changed in it since stays.
    """
    lock_company(merge.tenant_id)
    found = RecordMerge.objects.select_for_update().get(pk=merge.pk)
    shape = shape_of(RecordKind(found.kind))
    survivor, losers = _locked(found, shape)
    current = values_of_row(survivor, shape)
    staying = _restore_links(found)
    _restore_references(found)
    now = timezone.now()
    for name, value in undone_values(found.before, found.after, current, staying).items():
        setattr(survivor, name, value)
    survivor.updated_at = now
    survivor.note_search_key()
    survivor.save(update_fields=[*shape.columns, "search_key", "updated_at"])
    for row in losers:
        row.merged_into, row.deleted_at, row.updated_at = None, None, now
    bulk.change(losers, ["merged_into", "deleted_at", "updated_at"])
    rows = [survivor, *losers]
    ids = [row.pk for row in rows]
    writing.replace_points(found.tenant_id, RecordKind(found.kind), rows, set(ids))
    found.undone_at, found.undone_by = now, audit.current_actor().name[:200]
    found.save(update_fields=["undone_at", "undone_by"])
    _tell(found, survivor, current, values_of_row(survivor, shape))
    note_local(found.tenant_id, RecordKind(found.kind), ids)
    refresh(found.tenant_id, RecordKind(found.kind), ids)
    # Whoever takes them apart says that they are not the same: no rule merges them again.
    dismiss_pairs(RecordKind(found.kind), ids)
    return found


def _locked(merge: RecordMerge, shape: Shape) -> tuple[Any, list[Any]]:
    if merge.undone_at is not None:
        raise MergeRefused(_("This merge has been undone already."))
    ids = [merge.survivor_id, *(UUID(one["id"]) for one in merge.losers)]
    rows: dict[UUID, Any] = {
        row.pk: row for row in shape.model.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    }
    if len(rows) < len(ids):
        raise MergeRefused(_("A record of this merge is no longer there."))
    survivor: ReachableRecord = rows[merge.survivor_id]
    if survivor.merged_into is not None:
        raise MergeRefused(_("“%(name)s” itself was merged later: undo that first.") % {"name": survivor})
    later = RecordMerge.objects.filter(
        survivor_id=merge.survivor_id, undone_at__isnull=True, pk__gt=merge.pk, kind=merge.kind
    )
    if later.exists():
        raise MergeRefused(
            _("Others were merged into “%(name)s” later: undo that first.") % {"name": survivor}
        )
    return survivor, [rows[one] for one in ids[1:]]


def _restore_links(merge: RecordMerge) -> set[str]:
    """Each leads to its own record again. The numbers and addresses that the survivor's own objects have by now."""
    noted = {UUID(one["id"]): one for one in merge.links}
    links = {link.pk: link for link in Link.objects.filter(record_id=merge.survivor_id, kind=merge.kind)}
    writing_to = {plan.integration_id for plan in plans_that_write(merge.tenant_id, RecordKind(merge.kind))}
    merged = digests(merge.after)
    staying: set[str] = set()
    restored = []
    for pk, link in links.items():
        former = noted.get(pk)
        is_written_to = link.integration_id in writing_to and not link.is_moved
        is_own = former is None or UUID(former["record"]) == merge.survivor_id
        if is_own and not is_written_to:  # what we wrote there says nothing
            staying |= {one for name in LISTS for one in (link.parts or {}).get(name, ())}
        if former is None:
            continue
        restored.append(link)
        link.is_moved = former["is_moved"]
        if is_own:
            link.parts = link.parts if former["parts"] is not None else None
            continue
        link.record_id, link.parts = UUID(former["record"]), former["parts"]
        if link.their_hash != former["their_hash"] or link.theirs != former["theirs"]:
            link.their_hash = ""  # so that the next reading compares
        _restore_base(link, former, merged if is_written_to else {})
    bulk.change(restored, ["record_id", "parts", "is_moved", "theirs", "ours", "their_hash"])
    for link in restored:
        conflicts = SyncConflict.objects.filter(link_id=link.pk, resolution="")
        if link.record_id != merge.survivor_id:
            conflicts.update(record_id=link.record_id)
    return staying


def _restore_base(link: Link, former: Mapping[str, Any], merged: Mapping[str, str]) -> None:
    """What both knew before the merge: a change there since is seen as one.

    Fields that we overwrote there with the `merged` values differ from the record now, and so are written back.
    """
    now, link.theirs, link.ours = link.theirs, dict(former["theirs"]), dict(former["ours"])
    for name, digest in now.items():
        if digest != link.theirs.get(name) and digest == merged.get(name):
            link.theirs[name] = digest
            link.ours.pop(name, None)


def _restore_references(merge: RecordMerge) -> None:
    """Who named one of the others names it again: that follows from its link. What the others named was noted."""
    moved = [UUID(one["id"]) for one in merge.links if UUID(one["record"]) != merge.survivor_id]
    for link in Link.objects.filter(pk__in=moved):
        Reference.objects.filter(
            target_id=merge.survivor_id,
            role=merge.kind,
            integration_id=link.integration_id,
            outside_id=link.outside_id,
        ).update(target_id=link.record_id)
    for one in merge.references:
        _restore_reference(merge, one)


def _restore_reference(merge: RecordMerge, one: Mapping[str, str]) -> None:
    same = {"integration_id": one["integration"], "name": one["name"], "outside_id": one["outside_id"]}
    held = Reference.objects.filter(record_id=merge.survivor_id, **same).first()
    own = Link.objects.filter(record_id=merge.survivor_id, integration_id=one["integration"], kind=merge.kind)
    is_still_named = any(one["outside_id"] in (link.parts or {}).get(one["name"], ()) for link in own)
    if held is not None and not is_still_named:
        Reference.objects.filter(pk=held.pk).update(record_id=one["record"])
        return
    target = Link.objects.filter(
        integration_id=one["integration"], kind=one["role"], outside_id=one["outside_id"]
    )
    Reference.objects.get_or_create(
        record_id=UUID(one["record"]),
        **same,
        defaults={
            "tenant_id": merge.tenant_id,
            "kind": merge.kind,
            "role": one["role"],
            "place": one["place"],
            "target_id": target.values_list("record_id", flat=True).first(),
        },
    )


def _tell(
    merge: RecordMerge, survivor: ReachableRecord, former: Mapping[str, Any], now: Mapping[str, Any]
) -> None:
    ids: Sequence[str] = [one["id"] for one in merge.losers]
    before, after = audit.changed(former, now)
    audit.record(
        f"{merge.kind}.unmerged",
        survivor,
        before={**before, "merge": str(merge.pk)},
        after={**after, "restored": ids},
    )
    if merge.kind == RecordKind.CONTACT:
        data = {
            "id": str(survivor.pk),
            "merge_id": str(merge.pk),
            "name": now["name"],
            "phones": now["phones"],
            "emails": now["emails"],
            "restored": ids,
        }
        emit(merge.tenant_id, "contact.unmerged", data, key=f"contact.unmerged:{merge.pk}")
