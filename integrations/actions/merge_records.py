"""Makes several records one: the survivor gets their links, numbers, references; a row remembers how to undo it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.duplicates.finding import KINDS, refresh
from integrations.duplicates.values import merged_values
from integrations.models import (
    DuplicateJob,
    Link,
    LinkStatus,
    ReachableRecord,
    RecordMerge,
    Reference,
    SyncConflict,
)
from integrations.records import RecordKind
from integrations.store import writing
from integrations.store.content import digests, plain, values_of_row
from integrations.store.locks import lock_company
from integrations.store.parts import LISTS
from integrations.store.pending import note_local
from integrations.store.shapes import Shape, shape_of
from tenants import audit, bulk
from tenants.errors import ConfigError
from tenants.events import emit

MOST: Final = 50
LINK_STATE: Final = ("is_moved", "parts", "theirs", "ours", "their_hash")


class MergeRefused(ConfigError):
    """Somebody was faster, or a later merge stands on it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who stays, who becomes a part of it, and from whom single columns are taken."""

    kind: RecordKind
    survivor: UUID
    losers: tuple[UUID, ...]
    choices: Mapping[str, UUID] = field(default_factory=dict)


@transaction.atomic
def merge_records(
    tenant_id: int, wish: Wish, job: DuplicateJob | None = None, *, is_automatic: bool = False
) -> RecordMerge:
    """ValidationError keyed by the field; `MergeRefused` when one of them is no longer what it was."""
    shape = _checked(wish)
    lock_company(tenant_id)
    rows = lock_records(shape, [wish.survivor, *wish.losers])
    values = {one: values_of_row(rows[one], shape) for one in (wish.survivor, *wish.losers)}
    survivor, losers = rows[wish.survivor], [rows[one] for one in wish.losers]
    now = timezone.now()
    after = merged_values(values, wish.survivor, wish.choices)
    links = _move_links(wish, values, digests(after))
    references = _move_references(wish)
    for name, value in after.items():
        setattr(survivor, name, value)
    survivor.updated_at = now
    survivor.note_search_key()
    survivor.save(update_fields=[*shape.columns, "search_key", "updated_at"])
    model: Any = shape.model
    model.objects.filter(pk__in=wish.losers).update(merged_into=wish.survivor, deleted_at=now, updated_at=now)
    writing.replace_points(tenant_id, wish.kind, [survivor], set(rows))
    merge = RecordMerge.objects.create(
        tenant_id=tenant_id,
        kind=wish.kind,
        survivor_id=wish.survivor,
        title=str(survivor)[:300],
        losers=[{"id": str(row.pk), "title": str(row)[:300]} for row in losers],
        before=plain(values[wish.survivor]),
        after=plain(after),
        links=links,
        references=references,
        job=job,
        is_automatic=is_automatic,
        done_by=audit.current_actor().name[:200],
    )
    _tell(merge, survivor)
    note_local(tenant_id, wish.kind, [wish.survivor])
    refresh(tenant_id, wish.kind, list(rows))
    return merge


def _checked(wish: Wish) -> Shape:
    if wish.kind not in KINDS:
        raise ValidationError({"kind": _("Records of this kind are not merged.")})
    if not wish.losers:
        raise ValidationError(
            {"records": _("Name at least one record that is to become a part of this one.")}
        )
    if len(wish.losers) > MOST:
        raise ValidationError({"records": _("At most %(count)d at once.") % {"count": MOST}})
    if wish.survivor in wish.losers or len(set(wish.losers)) < len(wish.losers):
        raise ValidationError({"records": _("Each record may be named once.")})
    shape = shape_of(wish.kind)
    for name, chosen in wish.choices.items():
        if name not in shape.columns:
            raise ValidationError({f"choices.{name}"[:50]: _("There is no such field.")})
        if chosen != wish.survivor and chosen not in wish.losers:
            raise ValidationError({f"choices.{name}": _("It is none of the records that are merged.")})
    return shape


def lock_records(shape: Shape, ids: Iterable[UUID]) -> dict[UUID, ReachableRecord]:
    """All of them, present and part of no other one; nobody else changes them until the end of the transaction."""
    wanted = list(ids)
    found: dict[UUID, Any] = {
        row.pk: row for row in shape.model.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    }
    missing = [one for one in wanted if one not in found]
    if missing:
        raise ValidationError({"records": _("There is no such record: %(id)s") % {"id": missing[0]}})
    for row in found.values():
        if row.merged_into is not None:
            raise MergeRefused(_("“%(name)s” has been merged already.") % {"name": row})
        if row.deleted_at is not None:
            raise MergeRefused(_("“%(name)s” is deleted.") % {"name": row})
    return found


def _move_references(wish: Wish) -> list[dict[str, Any]]:
    """Orders and deals name the survivor; what the others name it names, too. Those that were handed over, for undoing."""
    Reference.objects.filter(target_id__in=wish.losers, role=wish.kind).update(target_id=wish.survivor)
    named = set(
        Reference.objects.filter(record_id=wish.survivor).values_list("integration_id", "name", "outside_id")
    )
    moved = []
    for one in Reference.objects.filter(record_id__in=wish.losers).order_by("record_id", "place", "id"):
        if (one.integration_id, one.name, one.outside_id) not in named:
            named.add((one.integration_id, one.name, one.outside_id))
            moved.append(one)
    noted = [
        {
            "record": str(one.record_id),
            "integration": str(one.integration_id),
            "name": one.name,
            "role": one.role,
            "outside_id": one.outside_id,
            "place": one.place,
        }
        for one in moved
    ]
    Reference.objects.filter(pk__in=[one.pk for one in moved]).update(record_id=wish.survivor)
    return noted


def _move_links(
    wish: Wish, values: Mapping[UUID, Mapping[str, Any]], mine: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Outside ids lead to the survivor. Every link as it was, for undoing."""
    links = list(Link.objects.filter(record_id__in=list(values), kind=wish.kind).order_by("pk"))
    noted = [
        {
            "id": str(link.pk),
            "record": str(link.record_id),
            **{name: getattr(link, name) for name in LINK_STATE},
        }
        for link in links
    ]
    own = _own(links, wish.survivor)
    named = _named_by(links)
    for link in links:
        if link.parts is None:
            lists = {name: list(values[link.record_id][name]) for name in LISTS}
            link.parts = lists | named.get((link.record_id, link.integration_id), {})
        if link.pk not in own:
            # That it differs from the survivor is nobody's change: nothing to be written there, no conflict.
            link.is_moved = True
            link.ours = {name: one for name, one in mine.items() if link.theirs.get(name) != one}
        link.record_id = wish.survivor
    bulk.change(links, ["record_id", "parts", "is_moved", "ours"])
    _note_conflicts(links, wish.survivor)
    return noted


def _own(links: Sequence[Link], survivor: UUID) -> set[UUID]:
    """Of each system the link through which our changes are written: the survivor's, where it has one."""
    order = sorted(
        links,
        key=lambda link: (
            link.status == LinkStatus.DELETED,
            link.is_moved,
            link.record_id != survivor,
            link.pk,
        ),
    )
    first: dict[UUID, UUID] = {}
    for link in order:
        first.setdefault(link.integration_id, link.pk)
    return set(first.values())


def _named_by(links: Sequence[Link]) -> dict[tuple[UUID, UUID], dict[str, list[str]]]:
    """What each record names in each system: what its object there has itself."""
    found: dict[tuple[UUID, UUID], dict[str, list[str]]] = {}
    for one in Reference.objects.filter(record_id__in={link.record_id for link in links}).order_by("place"):
        found.setdefault((one.record_id, one.integration_id), {}).setdefault(one.name, []).append(
            one.outside_id
        )
    return found


def _note_conflicts(links: Collection[Link], survivor: UUID) -> None:
    open_ones = SyncConflict.objects.filter(link_id__in=[link.pk for link in links], resolution="")
    open_ones.update(record_id=survivor)


def _tell(merge: RecordMerge, survivor: ReachableRecord) -> None:
    ids = [one["id"] for one in merge.losers]
    before, after = audit.changed(merge.before, merge.after)
    audit.record(
        f"{merge.kind}.merged",
        survivor,
        before={**before, "merged": []},
        after={**after, "merged": ids, "merge": str(merge.pk)},
    )
    if merge.kind == RecordKind.CONTACT:
        data = {
            "id": str(survivor.pk),
            "merge_id": str(merge.pk),
            "name": merge.after["name"],
            "phones": merge.after["phones"],
            "emails": merge.after["emails"],
            "merged": ids,
        }
        emit(merge.tenant_id, "contact.merged", data, key=f"contact.merged:{merge.pk}")
