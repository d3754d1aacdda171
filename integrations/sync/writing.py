"""The phase in which our changes are written there: a batch at a time, with an answer for each record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.upsert_records import lock
from integrations.capabilities import Change, Fault, Written
from integrations.http.errors import OutcomeUnknown
from integrations.models import Link, LinkStatus, OrderLine, PendingWrite, RunState
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store.content import digests, values_of_row
from integrations.store.outgoing import record_of, references_there
from integrations.store.owner import Owner
from integrations.store.shapes import shape_of
from integrations.store.writing import resolve_waiting, write_links
from integrations.sync import ledger
from integrations.sync.merged import follow_merges
from tenants import bulk
from tenants.errors import HubError, TransientError
from tenants.work import backoff

if TYPE_CHECKING:
    from integrations.sync.work import Job

LARGEST_BATCH: Final = 250
RETRY_SECONDS: Final = (60.0, 300.0, 900.0, 3600.0, 3 * 3600.0)


@dataclass(slots=True)
class Outgoing:
    """One record on its way: what waits, what it is now, and where it goes."""

    pending: PendingWrite
    row: StoredRecord
    link: Link | None
    digests: dict[str, str]
    references: dict[str, str] = field(default_factory=dict)
    changed: frozenset[str] = field(default_factory=frozenset)


def write_batch(job: "Job") -> None:
    """What is due, up to the most that one request takes. In a dry run it is only counted."""
    run = job.run
    if run.is_dry:
        with ledger.step(run):
            run.written = _due(job).count()
            ledger.end(run, job.plan, RunState.COMPLETED, run.reason)
        return
    size = max(1, min(job.support.batch, LARGEST_BATCH))
    rows = list(_due(job).order_by("due_at", "id")[:size])
    changes, idle = _prepared(job, rows)
    answers: Mapping[str, Written] = {}
    if changes:
        new = [
            known.pending for known in idle.values() if known.link is None and not known.pending.is_uncertain
        ]
        _claim(job, new)
        try:
            given = job.records.write(job.kind, list(changes.values()))
        except HubError as error:
            if not isinstance(error, OutcomeUnknown):
                _release(new)
            raise
        answers = {one.key: one for one in given}
    with ledger.step(run):
        found = _settle(job, rows, answers, idle)
        if len(rows) < size and not found:
            ledger.end(run, job.plan, RunState.COMPLETED)


def _claim(job: "Job", creations: Sequence[PendingWrite]) -> None:
    """Parks what is created there before it leaves: a worker that dies in between leaves it uncertain, not to be made twice."""
    if not creations:
        return
    error = _("The worker stopped before the outside system had answered: look there whether it was created.")
    free = PendingWrite.objects.filter(pk__in=[one.pk for one in creations], is_parked=False)
    with transaction.atomic():
        if free.update(is_parked=True, is_uncertain=True, error=error) < len(creations):
            raise ledger.Overtaken


def _release(creations: Sequence[PendingWrite]) -> None:
    """The whole batch was refused, for speed or for its key, and none of it taken: nobody has to look there."""
    claimed = PendingWrite.objects.filter(pk__in=[one.pk for one in creations], is_uncertain=True)
    claimed.update(is_parked=False, is_uncertain=False, error="")


def _due(job: "Job") -> Any:
    began = job.run.started_at or timezone.now()
    # What is put off while this run lasts is left to the next one.
    waits = Q(is_parked=False)
    if job.support.finds_by_key:
        waits |= Q(is_uncertain=True)
    return PendingWrite.objects.filter(waits, plan=job.plan, due_at__lte=began)


_Prepared = tuple[dict[UUID, Change], dict[UUID, Outgoing]]


def _prepared(job: "Job", rows: Sequence[PendingWrite]) -> _Prepared:
    """The changes by the id of what waits, and all that is known of each; those without a change need no request."""
    shape = shape_of(job.kind)
    ids = [one.record_id for one in rows]
    records = shape.model.objects.in_bulk(ids)
    links = {
        link.record_id: link
        for link in Link.objects.filter(
            integration_id=job.plan.integration_id, kind=job.kind, record_id__in=ids
        )
        .exclude(status=LinkStatus.DELETED)
        .order_by("-is_moved", "-id")  # of merged objects the record's own one is written to
    }
    lines: dict[UUID, list[OrderLine]] = {}
    if shape.has_lines:
        for line in OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "place"):
            lines.setdefault(line.order_id, []).append(line)
    references = references_there(job.plan.integration_id, ids) if shape.references else {}
    changes: dict[UUID, Change] = {}
    known: dict[UUID, Outgoing] = {}
    for one in rows:
        row = records.get(one.record_id)
        if row is None or row.deleted_at is not None:
            continue  # deletions here are not carried there
        link = links.get(row.pk)
        found = digests(values_of_row(row, shape, lines.get(row.pk, ())))
        changed = _changed(link, found)
        named = {name: references.get(row.pk, {}).get(name, ()) for name in shape.references}
        known[one.pk] = Outgoing(one, row, link, found, digests(named), changed)
        if link is None or changed:
            record = record_of(
                row, shape, link.outside_id if link else "", lines.get(row.pk, ()), references.get(row.pk)
            )
            names = frozenset(shape.names_in_record(name) for name in changed) if link else frozenset()
            is_first = link is None and not one.is_uncertain
            changes[one.pk] = Change(record=record, key=str(one.pk), fields=names, is_first=is_first)
    return changes, known


def _changed(link: Link | None, found: Mapping[str, str]) -> frozenset[str]:
    """Columns that differ from what both sides last agreed on; a field of an open conflict waits."""
    if link is None or link.status == LinkStatus.CONFLICT:
        return frozenset()
    return frozenset(name for name, one in found.items() if one != link.ours.get(name, link.theirs.get(name)))


def _settle(
    job: "Job", rows: Sequence[PendingWrite], answers: Mapping[str, Written], known: Mapping[UUID, Outgoing]
) -> bool:
    """What became of each, in the transaction of the step; whether some were found there and are to be written now."""
    lock(job.owner)
    _look_again(known.values())
    links: list[Link] = []
    done: list[tuple[UUID, int]] = []
    found: list[UUID] = []
    later: list[PendingWrite] = []
    faults: list[tuple[Fault, UUID]] = []
    answers = {**answers, **_read_meanwhile(job, answers, known)}
    for one in rows:
        out = known.get(one.pk)
        answer = answers.get(str(one.pk))
        if out is None or (out.link is not None and not out.changed):
            done.append((one.pk, one.version))
        elif answer is None or answer.error is not None or not (answer.outside_id or out.link):
            error = answer.error if answer and answer.error else OutcomeUnknown("")
            if out.link is None and answer is not None and answer.outside_id:
                # It was created, and only a part of it failed, such as its ties: from now on it is changed.
                out.link = linked_there(job.owner, job.kind, out.row.pk, answer.outside_id)
                links.append(out.link)
            _put_off(out, error, later, faults, links)
        elif one.is_uncertain and out.link is None:
            # It may have been created as it was then: nothing is taken for agreed, and all of it is written.
            links.append(linked_there(job.owner, job.kind, out.row.pk, answer.outside_id))
            found.append(one.pk)
        else:
            links.append(_linked(job, out, answer))
            done.append((one.pk, one.version))
    follow_merges(job.owner.integration_id, job.kind, links, [one.row for one in known.values()])
    write_links(links)
    fresh = [link.outside_id for link in links if link.status != LinkStatus.FAILED]
    resolve_waiting(job.owner, job.kind, fresh)
    _finish(done)
    PendingWrite.objects.filter(pk__in=found).update(is_parked=False, is_uncertain=False, error="")
    _note_later(later)
    job.run.written += len(fresh)
    ledger.note_faults(job.run, [fault for fault, _record in faults], [record for _fault, record in faults])
    return bool(found)


def _look_again(known: Iterable[Outgoing]) -> None:
    """The links as they are by now: a merge may have moved them, and a request of the system changed them."""
    linked = {one.link.pk: one for one in known if one.link is not None}
    for pk, link in Link.objects.in_bulk(list(linked)).items():
        linked[pk].link = link


def _note_later(later: Sequence[PendingWrite]) -> None:
    """What changed here since it was sent is due again by that: of the newer state nobody has said anything yet."""
    rows = PendingWrite.objects.filter(pk__in=[one.pk for one in later])
    versions = dict(rows.values_list("pk", "version"))
    same = [one for one in later if versions.get(one.pk) == one.version]
    newer = [one for one in later if versions.get(one.pk, one.version) != one.version]
    bulk.change(same, ["attempts", "due_at", "is_parked", "is_uncertain", "error"])
    bulk.change([one for one in newer if one.is_uncertain], ["is_parked", "is_uncertain", "error"])
    free = [one.pk for one in newer if not one.is_uncertain]
    rows.filter(pk__in=free).update(is_parked=False, is_uncertain=False, error="")


def _read_meanwhile(
    job: "Job", answers: Mapping[str, Written], known: Mapping[UUID, Outgoing]
) -> dict[str, Written]:
    """Instead of an answer that names an object of another record: a run that reads as well met it before it was linked,
    or the system took two of these creations for one and the same."""
    created: dict[str, list[str]] = {}
    for key, out in ((str(pk), one) for pk, one in known.items()):
        if out.link is None and key in answers and answers[key].outside_id:
            created.setdefault(answers[key].outside_id[:200], []).append(key)
    theirs = set(
        Link.objects.filter(
            integration_id=job.plan.integration_id, kind=job.kind, outside_id__in=list(created)
        ).values_list("outside_id", flat=True)
    )
    text = _("It is there as “%(id)s”, which belongs to another record here: merge the two, or leave it.")
    return {
        key: Written(key=key, error=OutcomeUnknown(text % {"id": id_}))
        for id_, keys in created.items()
        for key in (keys if id_ in theirs else keys[1:])
    }


def linked_there(owner: Owner, kind: RecordKind, record_id: UUID, outside_id: str) -> Link:
    """A link to an object of which it is only known that it is there. Not stored."""
    return Link(
        tenant_id=owner.tenant_id,
        integration_id=owner.integration_id,
        kind=kind,
        outside_id=outside_id[:200],
        record_id=record_id,
    )


def _linked(job: "Job", out: Outgoing, answer: Written) -> Link:
    """The link as of now: both sides are alike, and what comes back next is our own echo."""
    link = out.link or linked_there(job.owner, job.kind, out.row.pk, answer.outside_id)
    if out.link is None:
        written = {**out.digests, **out.references}
    else:
        written = {name: out.digests[name] for name in out.changed}
    link.theirs = {**link.theirs, **written}
    link.ours = {name: one for name, one in link.ours.items() if name not in written}
    link.their_hash, link.is_written, link.error = "", True, ""
    if link.status not in (LinkStatus.DELETED, LinkStatus.CONFLICT):  # which it has become meanwhile
        link.status = LinkStatus.ACTIVE
    link.synced_at = timezone.now()
    return link


def _put_off(
    out: Outgoing,
    error: HubError,
    later: list[PendingWrite],
    faults: list[tuple[Fault, UUID]],
    links: list[Link],
) -> None:
    """Another try where it does no harm; otherwise it is parked, and shown."""
    one = out.pending
    later.append(one)
    one.attempts += 1
    # Of what was uncertain before, a failed attempt says nothing.
    is_doubtful = isinstance(error, OutcomeUnknown) or (
        one.is_uncertain and isinstance(error, TransientError)
    )
    one.is_uncertain = is_doubtful and out.link is None
    delay = backoff(RETRY_SECONDS, one.attempts) if isinstance(error, TransientError) else None
    one.error = str(error)
    if one.is_uncertain:
        one.is_parked, one.due_at = True, _in(delay or RETRY_SECONDS[-1])
    elif delay is None:
        one.is_parked = True
        if out.link is not None:
            if out.link.status == LinkStatus.ACTIVE:
                out.link.status = LinkStatus.FAILED
            out.link.error = str(error)
            if out.link not in links:
                links.append(out.link)
    else:
        one.is_parked = False
        one.due_at = _in(max(delay, getattr(error, "retry_after", None) or 0.0))
    faults.append((Fault(out.link.outside_id if out.link else "", str(error)), out.row.pk))


def _in(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _finish(done: Sequence[tuple[UUID, int]]) -> None:
    """Gone from the queue, unless the record changed again meanwhile."""
    by_version: dict[int, list[UUID]] = {}
    for id_, version in done:
        by_version.setdefault(version, []).append(id_)
    for version, ids in by_version.items():
        PendingWrite.objects.filter(pk__in=ids, version=version).delete()
    PendingWrite.objects.filter(pk__in=[id_ for id_, _version in done], is_parked=True).update(
        is_parked=False, is_uncertain=False, error=""
    )
