"""Groups of which somebody said that they are not the same."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import DuplicateGroup, DuplicateMember
from integrations.records import RecordKind
from tenants import audit


def dismiss(groups: "QuerySet[DuplicateGroup]") -> int:
    """How many were open until now. Each leaves an entry in the trail; the caller has a transaction."""
    chosen = list(groups.filter(dismissed_at__isnull=True))
    _note(chosen)
    for group in chosen:
        audit.record("duplicategroup.dismissed", group)
    return len(chosen)


def reopen(groups: "QuerySet[DuplicateGroup]") -> int:
    """How many were dismissed until now."""
    chosen = list(groups.filter(dismissed_at__isnull=False))
    DuplicateGroup.objects.filter(pk__in=[one.pk for one in chosen]).update(
        dismissed_at=None, dismissed_by=""
    )
    for group in chosen:
        audit.record("duplicategroup.reopened", group)
    return len(chosen)


def dismiss_pairs(kind: RecordKind, ids: Collection[UUID]) -> None:
    """The groups that consist of these records only."""
    members = DuplicateMember.objects.filter(record_id__in=list(ids))
    groups = DuplicateGroup.objects.filter(
        kind=kind, dismissed_at__isnull=True, pk__in=members.values("group_id")
    )
    others = DuplicateMember.objects.filter(group_id__in=groups.values("pk")).exclude(record_id__in=list(ids))
    _note(list(groups.exclude(pk__in=others.values("group_id"))))


def _note(groups: Collection[DuplicateGroup]) -> None:
    DuplicateGroup.objects.filter(pk__in=[one.pk for one in groups]).update(
        dismissed_at=timezone.now(), dismissed_by=audit.current_actor().name[:200]
    )
