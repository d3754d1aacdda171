"""Compares the outside system's table of extensions with ours, and keeps what differs for people to decide.

Nothing is changed by a comparison. Ours wins whenever it is pushed: what somebody changed there meanwhile is then noted
as overwritten (push_directory).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import override

from integrations.actions.assign_extension import assign_extension
from integrations.actions.push_directory import kind_of, queue_push
from integrations.capabilities import AssignedExtension, ExtensionDirectory
from integrations.connectors import connector_of, with_capability
from integrations.http.journal import Journal
from integrations.models import (
    DifferenceOutcome,
    DirectoryDifference,
    ExtensionAssignment,
    Integration,
)
from integrations.sessions import open_session
from tenants import audit
from tenants.errors import HubError
from tenants.models import Extension
from tenants.work import enqueue

LANE: Final = "integrations.compare"
EVERY: Final = timedelta(hours=1)
SECONDS: Final = 20.0
PER_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Compared:
    """Their table, or why it could not be read. `theirs` is None where they keep none for us."""

    integration_id: UUID
    journal: Journal
    theirs: tuple[AssignedExtension, ...] | None = None
    error: str = ""


@transaction.atomic
def queue_comparisons(now: datetime | None = None) -> int:
    """Those whose last one is an hour ago, at most `PER_MINUTE`; how many."""
    now = now or timezone.now()
    due = Integration.objects.filter(
        Q(directory_checked_at__isnull=True) | Q(directory_checked_at__lte=now - EVERY),
        is_enabled=True,
        is_registered=True,
        tenant__is_active=True,
        connector__in=with_capability(ExtensionDirectory),
    )
    rows = list(
        due.order_by(F("directory_checked_at").asc(nulls_first=True)).only("id", "tenant_id")[:PER_MINUTE]
    )
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.tenant_id), None) for row in rows])
    return len(rows)


def compare_directory(integration_id: UUID) -> Compared | None:
    """Ask for their table; no transaction is open. None when the integration is gone, paused or not registered."""
    row = Integration.objects.select_related("tenant").filter(pk=integration_id).first()
    if row is None or not row.is_enabled or not connector_of(row.connector).can(ExtensionDirectory):
        return None
    journal = Journal()
    with override(row.tenant.language):
        try:
            with open_session(integration_id, seconds=SECONDS, journal=journal) as session:
                theirs = session.require(ExtensionDirectory).read_extensions()
        except HubError as error:
            return Compared(integration_id, journal, error=str(error))
    return Compared(integration_id, journal, theirs)


@transaction.atomic
def record_comparison(found: Compared) -> None:
    """The differences as they are now; those that are gone are settled."""
    row = Integration.objects.select_for_update(no_key=True).filter(pk=found.integration_id).first()
    if row is None:
        return
    now = timezone.now()
    Integration.objects.filter(pk=row.pk).update(directory_checked_at=now, directory_check_error=found.error)
    # What is still on its way is no difference.
    if found.error or found.theirs is None or row.is_directory_behind:
        return
    note_differences(row, found.theirs, now)


def note_differences(row: Integration, theirs: Sequence[AssignedExtension], now: datetime) -> None:
    """Within the caller's transaction, under the lock of the integration's row."""
    ours = dict(
        ExtensionAssignment.objects.filter(integration=row, valid_to__isnull=True).values_list(
            "outside_user_id", "extension"
        )
    )
    wanted = differences(ours, {one.user_id: one.extension for one in theirs})
    open_rows = {one.outside_user_id: one for one in open_differences(row)}
    over = [one.pk for user, one in open_rows.items() if wanted.get(user) != (one.kind, one.ours, one.theirs)]
    DirectoryDifference.objects.filter(pk__in=over).update(settled_at=now, outcome=DifferenceOutcome.GONE)
    DirectoryDifference.objects.bulk_create(
        DirectoryDifference(
            tenant_id=row.tenant_id,
            integration=row,
            outside_user_id=user[:100],
            kind=kind,
            ours=mine,
            theirs=other[:40],
            found_at=now,
        )
        for user, (kind, mine, other) in sorted(wanted.items())
        if user not in open_rows or open_rows[user].pk in over
    )


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, tuple[str, str, str]]:
    """By user: the kind, our number and theirs."""
    found: dict[str, tuple[str, str, str]] = {}
    for user in {*ours, *theirs}:
        mine, other = ours.get(user, ""), theirs.get(user, "")
        if mine != other:
            found[user] = (kind_of(mine, other).value, mine, other)
    return found


def open_differences(row: Integration) -> list[DirectoryDifference]:
    """What differs now, in the order of their users."""
    return list(
        DirectoryDifference.objects.filter(integration=row, settled_at__isnull=True).order_by(
            "outside_user_id"
        )
    )


@transaction.atomic
def push_ours(row: Integration) -> None:
    """Send our table, though nothing was changed here: what differs there is overwritten."""
    row = Integration.objects.select_for_update(no_key=True).get(pk=row.pk)
    Integration.objects.filter(pk=row.pk).update(directory_wanted=F("directory_wanted") + 1)
    queue_push(row)
    audit.record("integration.extensions_pushed", row)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many numbers were taken over, and which are no extensions of the company."""

    count: int
    unknown: tuple[str, ...] = ()


@transaction.atomic
def take_theirs(row: Integration) -> Taken:
    """Make our table like theirs where it differs: all of it that can be, in one transaction."""
    row = Integration.objects.select_for_update(no_key=True).get(pk=row.pk)
    found = open_differences(row)
    known = set(Extension.objects.filter(tenant_id=row.tenant_id).values_list("number", flat=True))
    possible = [one for one in found if not one.theirs or one.theirs in known]
    # Numbers are given back first, so that two managers can have swapped theirs.
    for one in sorted(possible, key=lambda one: bool(one.theirs)):
        assign_extension(row, one.outside_user_id, one.theirs or None)
    DirectoryDifference.objects.filter(pk__in=[one.pk for one in possible]).update(
        settled_at=timezone.now(), outcome=DifferenceOutcome.TAKEN
    )
    unknown = tuple(sorted({one.theirs for one in found if one not in possible}))
    return Taken(len(possible), unknown)
