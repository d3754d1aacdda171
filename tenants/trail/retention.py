"""The only way in which entries of the trail may go: by age, by an operator's command, and that is audited itself."""

from datetime import datetime
from typing import Final

from django.db.models import Max, Min

from tenants import audit
from tenants.models import AuditChain, AuditEntry, AuditLink
from tenants.scoping import all_tenants
from tenants.trail.entries import entries_of
from tenants.trail.triggers import erasing

PRUNED: Final = "audit.pruned"
BATCH: Final = 5000


def prunable(chain: AuditChain, before: datetime) -> int:
    """The last position up to which everything is older than that; 0 when nothing is."""
    with all_tenants():
        return _prunable(chain, before)


def _prunable(chain: AuditChain, before: datetime) -> int:
    kept = entries_of(chain.owner).filter(created_at__gte=before)
    # A chain goes from its beginning, without gaps: it ends before the first entry that must stay.
    first_kept = AuditLink.objects.filter(chain=chain, entry__in=kept.values("id")).aggregate(
        first=Min("position")
    )["first"]
    if first_kept is None:
        newest = AuditLink.objects.filter(chain=chain).aggregate(last=Max("position"))["last"]
        return int(newest or 0)
    lowest = AuditLink.objects.filter(chain=chain).aggregate(first=Min("position"))["first"]
    return int(first_kept) - 1 if lowest < first_kept else 0


def prune(chain: AuditChain, before: datetime) -> int:
    """Remove the chain's entries that are older; how many. What is left says where it begins, and stays provable."""
    with all_tenants(), erasing():
        last = prunable(chain, before)
        if not last:
            return 0
        end = AuditLink.objects.get(chain=chain, position=last)
        gone = AuditLink.objects.filter(chain=chain, position__lte=last)
        count = gone.count()
        audit.record(
            PRUNED,
            tenant=chain.owner or None,
            after={"count": count, "position": last, "seal": end.digest, "before": before},
        )
        while ids := list(gone.order_by("position").values_list("entry", flat=True)[:BATCH]):
            AuditEntry._base_manager.filter(id__in=ids).delete()
            AuditLink.objects.filter(entry__in=ids).delete()
    return count
