"""How many exports of each company may begin now: its limit counts in all workers together, and no company fills one of them."""

from collections.abc import Mapping

from django.db.models import Count, Q
from django.db.models.functions import Now

from exports.limits.effective import installation_limits
from exports.models import ExportLimits
from tenants.models import Work


def held_back(lane: str, per_group: int, in_hand: Mapping[str, int]) -> dict[str, int]:
    """By company, how many fewer than `per_group` this process may have. `in_hand`: what it has already.

    At most two queries over the lane's few rows.
    """
    running = _running(lane)
    limits = _limits(running)
    return {
        group: max(per_group - limits[group] + max(leased - in_hand.get(group, 0), 0), 0)
        for group, leased in running.items()
    }


def _running(lane: str) -> dict[str, int]:
    """Of each company with unfinished exports: how many of them a worker has."""
    leased = Count("id", filter=Q(lease__isnull=False, due__gt=Now()))
    found = Work.objects.filter(lane=lane).order_by().values("group").annotate(leased=leased)
    return {row["group"]: row["leased"] for row in found}


def _limits(groups: Mapping[str, int]) -> dict[str, int]:
    common = installation_limits().concurrent
    if not groups:
        return {}
    own = ExportLimits.objects.filter(
        tenant_id__in=[int(group) for group in groups], concurrent__isnull=False
    )
    return dict.fromkeys(groups, common) | {
        str(tenant): concurrent for tenant, concurrent in own.values_list("tenant_id", "concurrent")
    }
