"""Many groups merged one after the other, each in its own right: what does not fit any more is left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from integrations.actions.merge_records import MergeRefused, Wish, merge_records
from integrations.duplicates import jobs
from integrations.duplicates.rules import fits, in_common
from integrations.duplicates.values import preferred
from integrations.models import DuplicateGroup, DuplicateJob, DuplicateMember, Link, RecordMerge
from integrations.records import RecordKind
from integrations.store.content import values_of_row
from integrations.store.shapes import shape_of

AT_ONCE: Final = 5


def chosen_groups(wanted: Mapping[str, Any]) -> "QuerySet[DuplicateGroup]":
    """The open groups that are meant: by `ids`, by `kind` and `sameness`, or those of the kinds with `rules`."""
    groups = DuplicateGroup.objects.filter(dismissed_at__isnull=True)
    if "ids" in wanted:
        groups = groups.filter(pk__in=wanted["ids"])
    if "rules" in wanted:
        groups = groups.filter(kind__in=wanted["rules"])
    for name in ("kind", "sameness"):
        if wanted.get(name):
            groups = groups.filter(**{name: wanted[name]})
    if "until" in wanted:
        groups = groups.filter(pk__lte=wanted["until"])
    return groups


def begin(job: DuplicateJob) -> None:
    """What arrives from now on was not counted, and is not merged either."""
    groups = chosen_groups(job.wanted)
    newest = groups.order_by("-pk").values_list("pk", flat=True).first()
    job.wanted = {**job.wanted, "until": str(newest) if newest else str(job.pk)}
    DuplicateJob.objects.filter(pk=job.pk).update(wanted=job.wanted)
    jobs.begin(job, groups.count())


def merge_step(job: DuplicateJob) -> None:
    """The next few groups, with their merges in one transaction."""
    groups = chosen_groups(job.wanted)
    if job.position:
        groups = groups.filter(pk__gt=job.position["after"])
    with jobs.step(job):
        found = list(groups.order_by("pk")[:AT_ONCE])
        for group in found:
            if _merge(job, group):
                job.merged += 1
            else:
                job.skipped += 1
            job.done += 1
        if len(found) < AT_ONCE:
            jobs.end(job)
        else:
            job.position = {"after": str(found[-1].pk)}


def _merge(job: DuplicateJob, group: DuplicateGroup) -> bool:
    """Whether its records still are alike, and nobody was faster."""
    kind = RecordKind(group.kind)
    members = DuplicateMember.objects.filter(group=group)
    values = _present(kind, list(members.values_list("record_id", flat=True)))
    rule = job.wanted.get("rules", {}).get(group.kind)
    if len(values) < 2 or not _is_wanted(kind, values, rule):
        return False
    ids = list(values)
    links = Counter(Link.objects.filter(record_id__in=ids).values_list("record_id", flat=True))
    survivor = preferred(values, links)
    wish = Wish(kind, survivor, tuple(one for one in ids if one != survivor))
    try:
        with transaction.atomic():
            merge_records(job.tenant_id, wish, job, is_automatic=rule is not None)
    except MergeRefused:
        return False
    return True


def _present(kind: RecordKind, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    shape = shape_of(kind)
    model: Any = shape.model
    rows = model.objects.filter(pk__in=ids, merged_into__isnull=True, deleted_at__isnull=True)
    return {row.pk: values_of_row(row, shape) for row in rows.order_by("pk")}


def _is_wanted(kind: RecordKind, values: Mapping[UUID, Mapping[str, Any]], rule: str | None) -> bool:
    if rule is None:
        return bool(in_common(list(values.values())))
    return fits(rule, list(values.values())) and not _were_taken_apart(kind, set(values))


def _were_taken_apart(kind: RecordKind, ids: set[UUID]) -> bool:
    """Whether somebody has undone a merge of two of these: no rule knows better."""
    undone = RecordMerge.objects.filter(survivor_id__in=ids, kind=kind, undone_at__isnull=False)
    return any(
        ids & {UUID(one["id"]) for one in losers} for losers in undone.values_list("losers", flat=True)
    )
