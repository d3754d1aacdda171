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
from integrations.connectors import get as get_connector
from integrations.http.journal import Journal, Noted
from integrations.models import ExtensionAssignment, Integration, MappingProblem
from integrations.sessions import open_session
from tenants.errors import HubError, TransientError
from tenants.work import enqueue

LANE = "integrations.push"
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push: the table's number that was sent, or why it was not."""

    integration_id: UUID
    wanted: int
    journal: Journal
    error: HubError | None = None

    @property
    def is_worth_retrying(self) -> bool:
        return isinstance(self.error, TransientError)


def queue_push(integration: Integration) -> None:
    """In the transaction of the change. Systems that keep no extensions, or do not know us yet, get nothing."""
    connector = get_connector(integration.connector)
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
            receipt = session.require(ExtensionDirectory).push_extensions(table)
    except HubError as error:
        return Pushed(integration_id, row.directory_wanted, journal, error)
    note_issues(journal, row, receipt.issues)
    return Pushed(integration_id, row.directory_wanted, journal)


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
        row.update(directory_error="", directory_pushed=pushed.wanted, directory_pushed_at=timezone.now())
