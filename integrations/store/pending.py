"""Which plans have to write what changed here into their system: one row for each record and plan.

A plan that has something to write is woken, which writes its row. Plans' rows are locked last in a transaction, behind those of
integrations, runs, records and pending writes, and in the order of their ids: else two runs that end at once, each with news
for the other's system, would wait for one another.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from config.ids import uuid7
from integrations.models import PendingWrite, SyncDirection, SyncPlan
from integrations.records import RecordKind
from integrations.store.owner import Owner
from tenants import bulk

CHUNK = 1000
_woken: ContextVar[set[UUID] | None] = ContextVar("integrations_woken_plans", default=None)
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


@contextmanager
def waking() -> Iterator[None]:
    """Inside a transaction: plans that get something to write meanwhile are woken at the end, all at once."""
    if _woken.get() is not None:
        yield  # it is part of something larger
        return
    collected: set[UUID] = set()
    token = _woken.set(collected)
    try:
        yield
        _wake(collected)
    finally:
        _woken.reset(token)


def lock_plans(*ids: UUID) -> None:
    """These, and with them those that this transaction is going to wake."""
    _lock({*ids, *(_woken.get() or ())})


def _lock(ids: Collection[UUID]) -> None:
    list(SyncPlan.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def _wake(ids: Collection[UUID]) -> None:
    """They are due now, unless they are due already or switched off."""
    now = timezone.now()
    later = SyncPlan.objects.filter(Q(next_due_at__gt=now) | Q(next_due_at__isnull=True), is_enabled=True)
    asleep = list(later.filter(pk__in=ids).values_list("pk", flat=True)) if ids else []
    if asleep:
        _lock(asleep)
        later.filter(pk__in=asleep).update(next_due_at=now)


def note_pending(
    owner: Owner, kind: RecordKind, changed: Sequence[UUID], ours_won: Sequence[UUID] = ()
) -> None:
    """After a page of that integration: the other systems get what changed, its own what we were right about."""
    if not changed and not ours_won:
        return
    with waking():
        for plan in plans_that_write(owner.tenant_id, kind):
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
    woken = _woken.get()
    if woken is None:
        _wake([plan.pk])
    else:
        woken.add(plan.pk)


def note_local(tenant_id: int, kind: RecordKind, record_ids: Sequence[UUID]) -> None:
    """After a change that was made here: every system that is written to gets it."""
    with waking():
        for plan in plans_that_write(tenant_id, kind):
            queue_writes(plan, record_ids)
