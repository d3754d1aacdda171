"""Which plans have to write what changed here into their system: one row for each record and plan."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from config.ids import uuid7
from integrations.models import PendingWrite, SyncDirection, SyncPlan
from integrations.records import RecordKind
from integrations.store.owner import Owner
from tenants import bulk

CHUNK = 1000
_COLUMNS = (
    ("id", "uuid"), ("tenant_id", "bigint"), ("created_at", "timestamptz"), ("plan_id", "uuid"), ("record_id", "uuid"),
    ("version", "int"), ("attempts", "int"), ("due_at", "timestamptz"), ("is_parked", "bool"), ("error", "text"),
)  # fmt: skip
_AGAIN = (
    "(plan_id, record_id) DO UPDATE SET version = integrations_pendingwrite.version + 1,"
    " due_at = EXCLUDED.due_at, attempts = 0, is_parked = integrations_pendingwrite.is_uncertain,"
    # What may have been created there is not created again because it changed here.
    " error = CASE WHEN integrations_pendingwrite.is_uncertain THEN integrations_pendingwrite.error ELSE '' END"
)


def note_pending(
    owner: Owner, kind: RecordKind, changed: Sequence[UUID], ours_won: Sequence[UUID] = ()
) -> None:
    """After a page of that integration: the other systems get what changed, its own what we were right about."""
    if not changed and not ours_won:
        return
    plans = plans_that_write(owner.tenant_id, kind)
    for plan in plans:
        queue_writes(plan, ours_won if plan.integration_id == owner.integration_id else changed)


def plans_that_write(tenant_id: int, kind: RecordKind) -> list[SyncPlan]:
    wanted = Q(direction__in=(SyncDirection.EXPORT, SyncDirection.BOTH), is_enabled=True)
    return list(SyncPlan.objects.filter(wanted, tenant_id=tenant_id, kind=kind).order_by("id"))


def queue_writes(plan: SyncPlan, record_ids: Sequence[UUID]) -> None:
    """Have these records written by the plan's next run, which is due at once."""
    if not record_ids:
        return
    now = timezone.now()
    ordered = sorted(set(record_ids))
    for start in range(0, len(ordered), CHUNK):
        rows = [
            (uuid7(), plan.tenant_id, now, plan.pk, record_id, 1, 0, now, False, "")
            for record_id in ordered[start : start + CHUNK]
        ]
        bulk.insert_new(PendingWrite._meta.db_table, _COLUMNS, rows, _AGAIN)
    SyncPlan.objects.filter(pk=plan.pk, is_enabled=True).filter(
        Q(next_due_at__gt=now) | Q(next_due_at__isnull=True)
    ).update(next_due_at=now)


def note_local(tenant_id: int, kind: RecordKind, record_ids: Sequence[UUID]) -> None:
    """After a change that was made here: every system that is written to gets it."""
    for plan in plans_that_write(tenant_id, kind):
        queue_writes(plan, record_ids)
