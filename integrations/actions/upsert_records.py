"""Keeps a page of outside objects: a constant number of statements, events in the same transaction, harmless twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from integrations.capabilities import Fault
from integrations.models import Integration, Link, LinkStatus, SyncPlan
from integrations.models.sync.plan import ConflictPolicy
from integrations.records import Record, RecordKind
from integrations.store.batch import Batch, Change
from integrations.store.cleaning import Unkeepable
from integrations.store.content import Content, content_of
from integrations.store.owner import Owner
from integrations.store.pending import waking
from integrations.store.shapes import Shape, shape_of

DIFFERENCES_SHOWN = 200


@dataclass(slots=True)
class Kept:
    """What became of a page. `differences` are for people, of a dry run only: at most `DIFFERENCES_SHOWN`."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: int = 0
    faults: list[Fault] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.faults)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a page is kept: by whom, for which plan and run, and whether it is only looked at.

    Without a plan the outside system is right about every field. `run_id` marks what a full run has seen.
    """

    plan: SyncPlan | None = None
    run_id: UUID | None = None
    is_dry: bool = False

    @property
    def policy(self) -> ConflictPolicy:
        return ConflictPolicy(self.plan.conflict_policy) if self.plan else ConflictPolicy.SOURCE


def upsert_records(
    owner: Owner, kind: RecordKind, records: Sequence[Record], manner: Manner | None = None
) -> Kept:
    """Create or change our copies. One that cannot be kept is a fault and harms no other. Of repetitions the last counts."""
    manner = manner or Manner()
    shape, kept = shape_of(kind), Kept()
    found = _contents(records, shape, owner, kept)
    with transaction.atomic(), waking():
        if not manner.is_dry:
            lock(owner)
        try:
            with transaction.atomic():
                _keep(owner, shape, list(found.values()), manner, kept)
        except (DataError, IntegrityError):
            # What cleaning let through and the database refuses: one by one, so that only the culprit is left out.
            _keep_one_by_one(owner, shape, list(found.values()), manner, kept)
    return kept


def lock(owner: Owner) -> None:
    """Whoever keeps objects of this integration waits here: two would each create what both have not found."""
    list(Integration.objects.select_for_update(no_key=True).filter(pk=owner.integration_id).values_list("pk"))


def _contents(records: Sequence[Record], shape: Shape, owner: Owner, kept: Kept) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for record in records:
        try:
            content = content_of(record, shape, owner.region)
        except Unkeepable as error:
            kept.faults.append(Fault(str(record.outside_id)[:200], str(error)))
            continue
        except (TypeError, ValueError, AttributeError) as error:
            # A connector's mapping left something of another type in the record.
            text = _("It has a form that cannot be read: %(error)s") % {"error": error}
            kept.faults.append(Fault(str(record.outside_id)[:200], text))
            continue
        found.pop(content.outside_id, None)
        found[content.outside_id] = content
    return found


def _keep(owner: Owner, shape: Shape, contents: list[Content], manner: Manner, kept: Kept) -> None:
    links = Link.objects.filter(
        integration_id=owner.integration_id,
        kind=shape.kind,
        outside_id__among=[one.outside_id for one in contents],
    )
    known = {
        outside_id: (their_hash, status, record_id)
        for outside_id, their_hash, status, record_id in links.values_list(
            "outside_id", "their_hash", "status", "record_id"
        )
    }
    hashes = {one.outside_id: one.whole_hash for one in contents}
    steady = {LinkStatus.ACTIVE.value, LinkStatus.CONFLICT.value}
    fresh = [
        one
        for one in contents
        if one.outside_id not in known
        or known[one.outside_id][0] != hashes[one.outside_id]
        or known[one.outside_id][1] not in steady
    ]
    if manner.run_id is not None:
        links.exclude(seen_run=manner.run_id).update(seen_run=manner.run_id)
    kept.unchanged += len(contents) - len(fresh)
    for turn in _turns(fresh, {outside_id: record for outside_id, (_hash, _status, record) in known.items()}):
        batch = Batch(owner, shape, manner.plan, manner.policy, manner.run_id)
        changes = batch.compare(turn, hashes, is_dry=manner.is_dry)
        _count(kept, changes, shape)
        if not manner.is_dry:
            batch.write(changes)


def _turns(contents: Sequence[Content], records: Mapping[str, UUID]) -> list[list[Content]]:
    """One after the other; nearly always one. Of merged records a page may hold several objects, each of which has to
    see what became of the one before it."""
    turns: list[list[Content]] = []
    seen: Counter[UUID] = Counter()
    for one in contents:
        record = records.get(one.outside_id)
        place = 0
        if record is not None:
            place = seen[record]
            seen[record] += 1
        if place == len(turns):
            turns.append([])
        turns[place].append(one)
    return turns


def _keep_one_by_one(owner: Owner, shape: Shape, contents: list[Content], manner: Manner, kept: Kept) -> None:
    kept.created = kept.updated = kept.unchanged = kept.conflicts = 0
    kept.differences.clear()
    for content in contents:
        try:
            with transaction.atomic():
                _keep(owner, shape, [content], manner, kept)
        except (DataError, IntegrityError) as error:
            text = _("The database refuses it: %(error)s") % {"error": str(error).partition("\n")[0][:300]}
            kept.faults.append(Fault(content.outside_id, text))


def _count(kept: Kept, changes: Sequence[Change], shape: Shape) -> None:
    for one in changes:
        kept.created += one.is_new
        kept.updated += one.is_changed and not one.is_new
        kept.unchanged += not one.is_changed and not one.is_new
        kept.conflicts += one.decision.has_conflict
        if (one.is_new or one.is_changed) and len(kept.differences) < DIFFERENCES_SHOWN:
            with suppress(Unkeepable):
                kept.differences.append(one.difference())


__all__ = ["Kept", "Manner", "lock", "upsert_records"]
