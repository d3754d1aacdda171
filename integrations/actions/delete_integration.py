"""Removes an integration with everything that hangs on it."""

from django.db import transaction

from integrations import live as configurations
from integrations.models import Integration
from tenants import audit
from webhooks.actions.own_source import delete_owned_source


@transaction.atomic
def delete_integration(row: Integration) -> None:
    """Its exchanges, users, assignments and its source go with it. The outside system is not told: deactivate the module first."""
    tenant_id = row.tenant_id
    audit.record("integration.deleted", row, before=audit.snapshot(row))
    source = row.source
    row.delete()
    if source is not None:
        delete_owned_source(source)
    configurations.forget(tenant_id)
