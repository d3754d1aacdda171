"""Fields that both sides changed wait for a person: one open conflict for each link, with the newest values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from integrations.models import Resolution, SyncConflict, SyncPlan
from integrations.store.content import plain
from tenants import bulk

if TYPE_CHECKING:
    from integrations.store.batch import Change


def note_conflicts(plan: SyncPlan | None, changes: "Sequence[Change]") -> None:
    """Open them, or bring those that are open up to date."""
    if plan is None or not changes:
        return
    known = {
        found.link_id: found
        for found in SyncConflict.objects.filter(link_id__in=[one.link.pk for one in changes], resolution="")
    }
    fresh, stale = [], []
    for one in changes:
        conflict = known.get(one.link.pk)
        if conflict is None:
            conflict = SyncConflict(
                tenant_id=plan.tenant_id,
                plan=plan,
                link_id=one.link.pk,
                kind=plan.kind,
                record_id=one.row.pk,
                title=str(one.row)[:300],
            )
            fresh.append(conflict)
        else:
            stale.append(conflict)
        conflict.fields = {
            name: {"ours": plain(one.before[name]), "theirs": plain(value)}
            for name, value in one.decision.open.items()
        }
    bulk.create(fresh)
    bulk.change(stale, ["fields"])


def end_conflicts(changes: "Sequence[Change]") -> None:
    """There is nothing left to decide: both sides have come to the same, or one has gone back to what both knew."""
    if not changes:
        return
    taken = {one.link.pk: one.decision.taken.keys() for one in changes}
    ended = list(SyncConflict.objects.filter(link_id__in=list(taken), resolution=""))
    for conflict in ended:
        is_theirs = bool(conflict.fields.keys() & taken[conflict.link_id])
        conflict.resolution = Resolution.THEIRS if is_theirs else Resolution.OURS
        conflict.resolved_at = timezone.now()
    bulk.change(ended, ["resolution", "resolved_at"])
