"""Begins the runs that are due. One query finds them among thousands of synchronisations; a repeat finds nothing."""

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from integrations.actions.run_sync import LEAST_PAUSE, schedule, start_run
from integrations.models import SyncPlan
from tenants.scoping import all_tenants

MOST: Final = 500  # in one round; the rest is found by the next


def start_due(now: datetime | None = None) -> int:
    """How many runs were begun."""
    moment = now or timezone.now()
    with all_tenants():
        plans = SyncPlan.objects.filter(is_enabled=True, integration__is_enabled=True, tenant__is_active=True)
        due = plans.filter(Q(next_due_at__lte=moment) | Q(next_full_at__lte=moment))
        return sum(_start(plan, moment) for plan in due.select_related("tenant").order_by("id")[:MOST])


def _start(plan: SyncPlan, now: datetime) -> bool:
    """The run first, then the plan's turn: so does a run that ends, and of two sweepers one begins the run. While a run is under
    way it comes a little later."""
    was_due, was_full = plan.next_due_at, plan.next_full_at
    is_full = was_full is not None and was_full <= now
    schedule(plan)
    if not is_full:
        plan.next_full_at = was_full or plan.next_full_at
    turn = SyncPlan.objects.filter(pk=plan.pk, next_due_at=was_due, next_full_at=was_full)
    try:
        with transaction.atomic():
            start_run(plan, is_full=is_full)
            claimed = turn.update(next_due_at=plan.next_due_at, next_full_at=plan.next_full_at)
            transaction.set_rollback(not claimed)
            return bool(claimed)
    except IntegrityError:
        # One is under way: what has come up meanwhile is not left until the turn after the next.
        soon = {"next_full_at" if is_full else "next_due_at": now + LEAST_PAUSE}
        turn.update(**{"next_due_at": plan.next_due_at, "next_full_at": plan.next_full_at, **soon})
        return False
