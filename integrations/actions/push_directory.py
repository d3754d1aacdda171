"""Brings the outside system's table of extensions up to ours: queued with the change, done afterwards, tried again."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import override

from integrations.capabilities import (
    AssignedExtension,
    ExtensionDirectory,
    MappingIssue,
    MappingKind,
    ModuleRegistration,
)
from integrations.connectors import connector_of
from integrations.http.journal import Journal, Noted
from integrations.models import (
    DifferenceKind,
    DifferenceOutcome,
    DirectoryDifference,
    ExtensionAssignment,
    Integration,
    MappingProblem,
)
from integrations.sessions import open_session
from tenants.errors import ConfigError, HubError, RemoteRejected, TransientError
from tenants.work import enqueue

LANE = "integrations.push"
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push: the table's number that was sent, or why it was not. `former` is what stood there before."""

    integration_id: UUID
    wanted: int
    journal: Journal
    error: HubError | None = None
    table: tuple[AssignedExtension, ...] = ()
    former: tuple[AssignedExtension, ...] | None = None

    @property
    def is_worth_retrying(self) -> bool:
        return isinstance(self.error, TransientError)


def queue_push(integration: Integration) -> None:
    """In the transaction of the change. Systems that keep no extensions, or do not know us yet, get nothing."""
    connector = connector_of(integration.connector)
    if not connector.can(ExtensionDirectory):
        return
    if connector.can(ModuleRegistration) and not integration.is_registered:
        return
    enqueue(LANE, [(integration.pk, integration.tenant_id, str(integration.tenant_id), None)], again=True)


def assignments_of(integration_id: UUID) -> tuple[AssignedExtension, ...]:
    """The whole table in force, in a stable order."""
    rows = ExtensionAssignment.objects.filter(integration_id=integration_id, valid_to__isnull=True)
    return tuple(
        AssignedExtension(user_id, extension)
        for user_id, extension in rows.order_by("extension").values_list("outside_user_id", "extension")
    )


def push_directory(integration_id: UUID) -> Pushed | None:
    """Send the table; no transaction is open. None when the integration is gone."""
    row = Integration.objects.filter(pk=integration_id).select_related("tenant").first()
    if row is None:
        return None
    with override(row.tenant.language):
        return _push(row)


def _push(row: Integration) -> Pushed:
    integration_id = row.pk
    table, journal = assignments_of(integration_id), Journal()
    try:
        with open_session(
            integration_id, seconds=SECONDS, subject=integration_id, journal=journal
        ) as session:
            directory = session.require(ExtensionDirectory)
            former = table_there(directory)
            receipt = directory.push_extensions(table)
    except HubError as error:
        return Pushed(integration_id, row.directory_wanted, journal, error)
    note_issues(journal, row, receipt.issues)
    return Pushed(integration_id, row.directory_wanted, journal, table=table, former=former)


def table_there(directory: ExtensionDirectory) -> tuple[AssignedExtension, ...] | None:
    """Their table just before ours replaces it, so that nobody's change there vanishes without a trace."""
    try:
        return directory.read_extensions()
    except (ConfigError, RemoteRejected):
        return None  # the key may write and not read


def note_issues(journal: Journal, row: Integration, issues: tuple[MappingIssue, ...]) -> None:
    """What they do not know becomes a mapping problem; former problems with users are over, the whole table was sent."""
    journal.noted += [Noted(row.pk, row.tenant_id, issue, is_open=True) for issue in issues]
    former = MappingProblem.objects.filter(integration=row, kind=MappingKind.USER, resolved_at__isnull=True)
    over = {MappingIssue(MappingKind.USER, value) for value in former.values_list("value", flat=True)} - set(
        issues
    )
    journal.noted += [Noted(row.pk, row.tenant_id, issue, is_open=False) for issue in over]


def record_push(pushed: Pushed) -> None:
    """The readable state, in the settling transaction."""
    row = Integration.objects.filter(pk=pushed.integration_id)
    if pushed.error is not None:
        row.update(directory_error=str(pushed.error))
    else:
        note_overwritten(pushed.integration_id, pushed.table, pushed.former)
        row.update(
            directory_error="",
            directory_pushed=pushed.wanted,
            directory_pushed_at=timezone.now(),
            directory_taken=[[one.user_id, one.extension] for one in pushed.table],
        )


def note_overwritten(
    integration_id: UUID,
    table: tuple[AssignedExtension, ...],
    former: tuple[AssignedExtension, ...] | None,
) -> None:
    """What somebody had changed there since they took our table last, and is gone now; in the settling transaction."""
    row = Integration.objects.select_for_update(no_key=True).filter(pk=integration_id).first()
    if row is None:
        return
    now = timezone.now()
    DirectoryDifference.objects.filter(integration=row, settled_at__isnull=True).update(
        settled_at=now, outcome=DifferenceOutcome.OVERWRITTEN
    )
    if former is None:
        return
    taken, ours = {str(user): str(number) for user, number in row.directory_taken}, _by_user(table)
    theirs = _by_user(former)
    changed = [user for user in sorted({*taken, *theirs}) if theirs.get(user) != taken.get(user)]
    lost = [user for user in changed if theirs.get(user) != ours.get(user)]
    known = set(
        DirectoryDifference.objects.filter(
            integration=row, settled_at=now, outcome=DifferenceOutcome.OVERWRITTEN
        ).values_list("outside_user_id", flat=True)
    )
    DirectoryDifference.objects.bulk_create(
        DirectoryDifference(
            tenant_id=row.tenant_id,
            integration=row,
            outside_user_id=user[:100],
            kind=kind_of(ours.get(user, ""), theirs.get(user, "")),
            ours=ours.get(user, ""),
            theirs=theirs.get(user, "")[:40],
            found_at=now,
            settled_at=now,
            outcome=DifferenceOutcome.OVERWRITTEN,
        )
        for user in lost
        if user[:100] not in known
    )


def _by_user(table: tuple[AssignedExtension, ...]) -> dict[str, str]:
    return {one.user_id: one.extension for one in table}


def kind_of(ours: str, theirs: str) -> DifferenceKind:
    """What a pair of different numbers is; empty where there is none."""
    if not theirs:
        return DifferenceKind.MISSING
    return DifferenceKind.OTHER if ours else DifferenceKind.STRANGER
