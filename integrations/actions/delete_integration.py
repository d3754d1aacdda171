"""Removes an integration with everything that hangs on it."""

from django.db import transaction

from integrations import live as configurations
from integrations.models import Integration
from tenants import audit


@transaction.atomic
def delete_integration(row: Integration) -> None:
    """Its exchanges, users and assignments go with it. The outside system is not told: deactivate the module first."""
    tenant_id = row.tenant_id
    audit.record("integration.deleted", row, before=audit.snapshot(row))
    row.delete()
    configurations.forget(tenant_id)
