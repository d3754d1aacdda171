"""Registers our module at the outside system, or switches it off there; a person waits for the answer."""

from django.db import transaction
from django.utils import timezone

from integrations import live as configurations
from integrations.actions.push_directory import assignments_of, note_issues, note_overwritten, table_there
from integrations.actions.write_journals import write_journals
from integrations.capabilities import DirectoryReceipt, ExtensionDirectory, ModuleRegistration
from integrations.http.journal import Journal
from integrations.models import Integration
from integrations.sessions import open_session
from tenants import audit

SECONDS = 20.0


def register_module(integration: Integration) -> DirectoryReceipt:
    """Create or update the module with the whole table of extensions; raises HubError."""
    return _register(integration, is_active=True)


def deactivate_module(integration: Integration) -> DirectoryReceipt:
    """Switch it off; raises HubError."""
    return _register(integration, is_active=False)


def _register(integration: Integration, *, is_active: bool) -> DirectoryReceipt:
    integration.refresh_from_db(fields=["directory_wanted"])
    wanted, table, journal = integration.directory_wanted, assignments_of(integration.pk), Journal()
    try:
        with open_session(integration.pk, seconds=SECONDS, journal=journal, is_probe=True) as session:
            module = session.require(ModuleRegistration)
            former = table_there(module) if isinstance(module, ExtensionDirectory) else None
            receipt = module.register(table) if is_active else module.deactivate(table)
        note_issues(journal, integration, receipt.issues)
    finally:
        write_journals([journal])
    with transaction.atomic():
        note_overwritten(integration.pk, table, former)
        Integration.objects.filter(pk=integration.pk).update(
            is_registered=is_active,
            module_active=is_active,
            module_frozen=False,
            is_stopped_there=False,
            directory_taken=[[one.user_id, one.extension] for one in table],
            directory_pushed=wanted,
            directory_pushed_at=timezone.now(),
            directory_error="",
        )
        audit.record("integration.registered" if is_active else "integration.deactivated", integration)
        configurations.forget(integration.tenant_id)
    integration.refresh_from_db()
    return receipt
