"""Whose entries are whose: each company has its own, the installation those that belong to none."""

from typing import Final

from django.db.models import QuerySet

from tenants.models import AuditEntry

INSTALLATION: Final = 0


def entries_of(owner: int) -> QuerySet[AuditEntry]:
    """The entries that one chain seals."""
    entries = AuditEntry._base_manager
    return entries.filter(tenant__isnull=True) if owner == INSTALLATION else entries.filter(tenant_id=owner)
