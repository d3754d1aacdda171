"""The search: once along the index of contact points, from value to value, a slice at a time.

Equal values stand beside each other there, so nothing is compared with anything else, and a slice costs the same however
many records there are.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from integrations.duplicates import jobs
from integrations.duplicates.finding import LARGEST, Reason, keep
from integrations.duplicates.rules import start_automatic
from integrations.models import ContactPoint, DuplicateGroup, DuplicateJob, PointType
from integrations.records import RecordKind

SLICE: Final = 20_000
STALE_AT_ONCE: Final = 2_000
TYPES: Final = (PointType.EMAIL.value, PointType.PHONE.value)

_Row = tuple[str, str, UUID]
"""Value, kind, record."""


def begin(job: DuplicateJob) -> None:
    jobs.begin(job, ContactPoint.objects.count())


def search_step(job: DuplicateJob, size: int = SLICE) -> None:
    """One slice, or one portion of the groups that are no more."""
    place = job.position or {"type": TYPES[0], "after": ""}
    with jobs.step(job):
        if place["type"] not in TYPES:
            _clear(job)
            return
        points = ContactPoint.objects.filter(type=place["type"], value__gt=place["after"])
        rows = list(
            points.order_by("value", "kind", "record_id").values_list("value", "kind", "record_id")[:size]
        )
        whole, after = _cut(rows, size)
        _keep(job, place["type"], whole)
        job.skipped += bool(rows) and not whole
        job.done += len(whole) or len(rows)
        job.position = {"type": place["type"], "after": after} if after else {"type": _after(place["type"])}
        job.position.setdefault("after", "")


def _after(type_: str) -> str:
    """The next type; nothing known after the last one."""
    place = TYPES.index(type_) + 1
    return TYPES[place] if place < len(TYPES) else ""


def _cut(rows: Sequence[_Row], size: int) -> tuple[Sequence[_Row], str]:
    """The rows whose values are complete, and the value after which to go on; empty at the end."""
    if len(rows) < size:
        return rows, ""
    last = rows[-1][0]
    whole = [row for row in rows if row[0] != last]
    # One value that fills a slice is nobody's own: it is left out.
    return whole, whole[-1][0] if whole else last


def _keep(job: DuplicateJob, type_: str, rows: Sequence[_Row]) -> None:
    found: dict[str, dict[Reason, list[UUID]]] = {}
    for (value, kind), same in groupby(rows, key=lambda row: (row[0], row[1])):
        ids = [record for _value, _kind, record in same]
        if 1 < len(ids) <= LARGEST:
            found.setdefault(kind, {})[(type_, value)] = ids
        elif len(ids) > LARGEST:
            job.skipped += 1
    for kind, several in found.items():
        keep(job.tenant_id, RecordKind(kind), several)
        job.found += len(several)


def _clear(job: DuplicateJob) -> None:
    """Groups that this search did not see are no more."""
    assert job.started_at is not None
    stale: Any = DuplicateGroup.objects.filter(seen_at__lt=job.started_at).order_by("seen_at")
    ids = list(stale.values_list("pk", flat=True)[:STALE_AT_ONCE])
    DuplicateGroup.objects.filter(pk__in=ids).delete()
    if len(ids) < STALE_AT_ONCE:
        jobs.end(job)
        start_automatic(job.tenant_id)
