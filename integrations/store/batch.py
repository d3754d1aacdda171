"""One page of objects that are new or differ: what was known of them, what becomes of them, and the rows of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from integrations.models import Link, LinkStatus, OrderLine, SyncPlan
from integrations.models.records import StoredRecord
from integrations.models.sync.plan import ConflictPolicy
from integrations.records import RecordKind
from integrations.store import writing
from integrations.store.conflicts import end_conflicts, note_conflicts
from integrations.store.content import Content, is_empty, plain, values_of_row
from integrations.store.merging import Base, Decision, decide
from integrations.store.owner import Owner
from integrations.store.parts import Neighbours, join
from integrations.store.pending import note_pending
from integrations.store.shapes import LINES, Shape
from integrations.store.telling import Told, tell
from tenants import bulk

SHOWN = 200  # characters of a value in a difference
_REACHABLE = frozenset({RecordKind.CONTACT, RecordKind.COMPANY})


@dataclass(slots=True)
class Change:
    """One object with its link and its record, and what was decided. `before`: our values, all of them."""

    content: Content
    link: Link
    row: StoredRecord
    before: Mapping[str, Any]
    decision: Decision
    is_new: bool = False
    is_restored: bool = False

    @property
    def is_changed(self) -> bool:
        return bool(self.decision.taken) or self.is_restored or self.decision.references_changed

    @property
    def changed(self) -> dict[str, Any]:
        """Former values of what is taken over."""
        former = {name: self.before[name] for name in self.decision.taken}
        return {**former, **({"deleted_at": None} if self.is_restored else {})}

    def difference(self) -> dict[str, Any]:
        """For people: what would change, `[ours, theirs]` by column."""
        fields = {
            name: [_short(self.before.get(name)), _short(value)]
            for name, value in self.decision.taken.items()
            if not (self.is_new and is_empty(value))
        }
        return {"outside_id": self.content.outside_id, "is_new": self.is_new, "fields": fields}


class Batch:
    """Compares and writes, each in a constant number of statements."""

    def __init__(
        self, owner: Owner, shape: Shape, plan: SyncPlan | None, policy: ConflictPolicy, run_id: UUID | None
    ) -> None:
        self._owner, self._shape, self._plan, self._policy, self._run_id = owner, shape, plan, policy, run_id
        self._now = timezone.now()

    def compare(
        self, contents: Sequence[Content], hashes: Mapping[str, str], *, is_dry: bool = False
    ) -> list[Change]:
        """With the records locked until the end of the transaction, unless it is only looked at."""
        links = {
            link.outside_id: link
            for link in Link.objects.filter(
                integration_id=self._owner.integration_id,
                kind=self._shape.kind,
                outside_id__among=[one.outside_id for one in contents],
            )
        }
        rows = self._rows({link.record_id for link in links.values()}, is_dry=is_dry)
        lines = self._lines(list(rows))
        around = Neighbours.of(links.values(), self._shape, self._owner.integration_id)
        found = []
        for content in contents:
            link = links.get(content.outside_id)
            row = rows.get(link.record_id) if link else None
            if link is None or row is None:
                change = self._new(content, link)
            else:
                change = self._known(content, link, row, lines.get(row.pk, ()), around)
            change.link.their_hash = hashes[content.outside_id]
            found.append(change)
        return found

    def _rows(self, ids: set[UUID], *, is_dry: bool) -> dict[UUID, StoredRecord]:
        """They are written whole, so that another system's run, which holds another integration's lock, waits for each that
        both have. In the order of their ids, lest two wait for one another."""
        wanted = self._shape.model.objects.filter(pk__in=ids).order_by("pk")
        return {row.pk: row for row in (wanted if is_dry else wanted.select_for_update(no_key=True))}

    def _lines(self, ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
        found: dict[UUID, list[OrderLine]] = {}
        if self._shape.has_lines and ids:
            for line in OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "place"):
                found.setdefault(line.order_id, []).append(line)
        return found

    def _new(self, content: Content, link: Link | None) -> Change:
        row = bulk.blank(self._shape.model, tenant_id=self._owner.tenant_id)
        link = link or bulk.blank(
            Link,
            tenant_id=self._owner.tenant_id,
            integration_id=self._owner.integration_id,
            kind=self._shape.kind,
            outside_id=content.outside_id,
        )
        link.record_id = row.pk
        taken = Decision(taken=dict(content.values), references_changed=True, theirs=content.digests())
        before = dict.fromkeys(content.values)
        return Change(content, link, row, before, taken, is_new=True)

    def _known(
        self,
        content: Content,
        link: Link,
        row: StoredRecord,
        lines: Sequence[OrderLine],
        around: Neighbours,
    ) -> Change:
        current = values_of_row(row, self._shape, lines)
        base = Base(link.theirs, link.ours, link.is_written)
        decision = decide(content, current, base, self._policy, row.updated_at)
        if link.parts is not None:
            content = join(link, content, current, decision, around)
        is_restored = link.status == LinkStatus.DELETED and row.deleted_at is not None
        return Change(content, link, row, current, decision, is_restored=is_restored)

    def write(self, changes: Sequence[Change]) -> None:
        """All of it, with the events, in the caller's transaction."""
        touched = [one for one in changes if one.is_new or one.is_changed]
        in_conflict = [one for one in changes if one.link.status == LinkStatus.CONFLICT]
        for one in changes:
            self._settle(one)
        # What was deleted here stays so, however it changes there: it is kept up to date in silence, for whoever restores it.
        present = [one for one in touched if one.row.deleted_at is None]
        writing.write_records([one.row for one in touched], self._shape)
        writing.write_links([one.link for one in changes])
        self._write_parts(touched)
        tell(self._owner, self._shape.kind, [self._told(one) for one in present])
        note_conflicts(self._plan, [one for one in changes if one.decision.open])
        end_conflicts([one for one in in_conflict if not one.decision.open])
        note_pending(
            self._owner,
            self._shape.kind,
            [one.row.pk for one in present],
            # What came from an object that was merged is news to its system's other one.
            [one.row.pk for one in changes if one.decision.kept or (one.link.is_moved and one.is_changed)],
        )

    def _settle(self, one: Change) -> None:
        """The row and the link as they are to be stored."""
        row, link, content = one.row, one.link, one.content
        if one.is_new or one.is_changed:
            for name, value in one.decision.taken.items():
                if name != LINES:
                    setattr(row, name, value)
            row.note_search_key()
            row.url = content.url or row.url
            row.outside_created_at = content.created_at or row.outside_created_at
            row.outside_updated_at = content.updated_at or row.outside_updated_at
            row.updated_at, row.content_hash = self._now, link.their_hash
            if one.is_restored:
                row.deleted_at = None
        link.theirs, link.ours = one.decision.theirs, one.decision.ours
        link.is_written, link.error, link.synced_at = False, "", self._now
        link.status = LinkStatus.CONFLICT if one.decision.open else LinkStatus.ACTIVE
        link.seen_run = self._run_id or link.seen_run

    def _write_parts(self, touched: Sequence[Change]) -> None:
        kind, tenant_id = self._shape.kind, self._owner.tenant_id
        if self._shape.has_lines:
            ordered = [one for one in touched if LINES in one.decision.taken]
            writing.replace_lines(
                tenant_id,
                {one.row.pk: one.decision.taken[LINES] for one in ordered},
                {one.row.pk for one in ordered if not one.is_new},
            )
        if kind in _REACHABLE:
            moved = [
                one
                for one in touched
                if one.is_new or one.is_restored or {"phones", "emails"} & one.decision.taken.keys()
            ]
            known = {one.row.pk for one in moved if not one.is_new}
            writing.replace_points(tenant_id, kind, [one.row for one in moved], known)
        named = [one for one in touched if one.decision.references_changed]
        if self._shape.references and named:
            writing.replace_references(
                self._owner,
                kind,
                {one.row.pk: one.content for one in named},
                {one.row.pk for one in named if not one.is_new},
            )
        writing.resolve_waiting(self._owner, kind, [one.link.outside_id for one in touched if one.is_new])

    def _told(self, one: Change) -> Told:
        values = {**one.before, **one.decision.taken}
        if one.is_new:
            return Told(one.row.pk, one.link.outside_id, values, one.content.references, is_new=True)
        before = one.changed | (
            dict.fromkeys(one.content.references) if one.decision.references_changed else {}
        )
        return Told(one.row.pk, one.link.outside_id, values, one.content.references, before)


def _short(value: Any) -> Any:
    shown = plain(value)
    if isinstance(shown, list) and all(isinstance(one, str) for one in shown):
        shown = ", ".join(shown)
    if isinstance(shown, list | dict):
        shown = str(shown)
    return f"{shown[:SHOWN]}…" if isinstance(shown, str) and len(shown) > SHOWN else shown


def moment_of(records: Sequence[Any]) -> datetime | None:
    """The newest time of change that the outside system tells of these."""
    return max((one.updated_at for one in records if isinstance(one.updated_at, datetime)), default=None)
