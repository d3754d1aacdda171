"""Fields that both sides changed wait for a person: one open conflict for each link, with the newest values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integrations.models import SyncConflict, SyncPlan
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
