"""What of some records is not deleted here, and what hangs on those that are: for whoever decides, before anything happens."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Link, LinkStatus, PendingWrite, Reference, SyncPlan
from integrations.models.records import ReachableRecord, StoredRecord
from integrations.records import RecordKind
from integrations.store.pending import plans_that_write

# Nobody decides here what lies in a warehouse or which money moved: a copy that hides it would only be wrong.
MIRRORED: Final[dict[RecordKind, Promise]] = {
    RecordKind.STOCK: gettext_lazy(
        "“%(name)s” is counted by a connected system: it goes when it is gone there, or when no connected system has it."
    ),
    RecordKind.PAYMENT: gettext_lazy(
        "“%(name)s” is money of which a connected system tells: it goes when it is gone there, or when no connected "
        "system has it."
    ),
}


def kept_back(kind: RecordKind, rows: Iterable[StoredRecord]) -> dict[UUID, str]:
    """Why not, for those that are neither deleted nor restored by themselves; one query at most."""
    found = list(rows)
    reasons = {
        row.pk: _("“%(name)s” is a part of another record: delete that one, or undo the merge.")
        % {"name": row}
        for row in found
        if isinstance(row, ReachableRecord) and row.merged_into is not None
    }
    if kind in MIRRORED:
        theirs = living_links([row.pk for row in found if row.deleted_at is None])
        known = set(theirs.values_list("record_id", flat=True))
        reasons |= {row.pk: str(MIRRORED[kind]) % {"name": row} for row in found if row.pk in known}
    return reasons


def living_links(record_ids: Sequence[UUID]) -> "QuerySet[Link]":
    """To objects that are still there."""
    return Link.objects.filter(record_id__in=list(record_ids)).exclude(status=LinkStatus.DELETED)


@dataclass(frozen=True, slots=True)
class Attached:
    """`systems` have how many of them, by the integration's name; `naming` other records refer to them."""

    systems: dict[str, int]
    naming: int
    waiting: int


def attached(record_ids: Sequence[UUID]) -> Attached:
    """What hangs on these records; three queries."""
    names = living_links(record_ids).order_by().values_list("integration__name", "record_id").distinct()
    systems = Counter(name for name, _record in names)
    referring = Reference.objects.filter(target_id__in=list(record_ids)).order_by()
    return Attached(
        dict(sorted(systems.items())),
        referring.values("record_id").distinct().count(),
        PendingWrite.objects.filter(record_id__in=list(record_ids), is_uncertain=False).count(),
    )


def systems_written(tenant_id: int, kind: RecordKind) -> list[str]:
    """Those that get records of that kind."""
    ids = [plan.pk for plan in plans_that_write(tenant_id, kind)]
    rows = SyncPlan.objects.filter(pk__in=ids).order_by("integration__name")
    return list(dict.fromkeys(rows.values_list("integration__name", flat=True)))
