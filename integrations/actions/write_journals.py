"""Writes what sessions noted: exchanges in bulk, health, mapping problems; inside the caller's transaction if there is one."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from integrations import live as configurations
from integrations.actions.note_problems import note_problems
from integrations.actions.record_health import record_health
from integrations.http.journal import Journal
from integrations.models import Integration
from tenants import bulk
from tenants.reads import Read
from tenants.scoping import all_tenants

# Locked so that nobody deletes them before our rows are in; in one order, so that two writers cannot deadlock.
_integrations = Read(
    Integration, "id {among}", order="id", without=("settings", "credentials", "own_secrets"), lock=True
)


def write_journals(journals: Sequence[Journal]) -> None:
    """Write them all. What belongs to an integration that was deleted meanwhile is dropped."""
    exchanges = [one for journal in journals for one in journal.exchanges]
    signs = [one for journal in journals for one in journal.signs]
    noted = [one for journal in journals for one in journal.noted]
    wanted = {one.integration_id for one in exchanges}
    wanted |= {sign.integration_id for sign in signs} | {issue.integration_id for issue in noted}
    if not wanted:
        return
    with transaction.atomic(), all_tenants():
        rows = _lock(wanted)
        bulk.create([one for one in exchanges if one.integration_id in rows])
        changed = record_health(rows, [one for one in signs if one.integration_id in rows])
        note_problems([one for one in noted if one.integration_id in rows])
    for tenant_id in changed:
        configurations.forget(tenant_id)


def _lock(wanted: set[UUID]) -> dict[UUID, Integration]:
    return {row.pk: row for row in _integrations(wanted)}
