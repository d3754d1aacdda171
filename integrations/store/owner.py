"""Whose objects they are: the few values of an integration that keeping its records needs."""

from dataclasses import dataclass
from uuid import UUID

from integrations import live
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Owner:
    """`region` completes local telephone numbers; `connector` is the `source` of events."""

    integration_id: UUID
    tenant_id: int
    connector: str
    region: str

    @classmethod
    def of(cls, integration_id: UUID) -> "Owner":
        """ConfigError when the integration was deleted."""
        found = live.get(integration_id)
        region = Tenant.objects.values_list("phone_region", flat=True).get(pk=found.tenant_id)
        return cls(integration_id, found.tenant_id, found.connector, region)
