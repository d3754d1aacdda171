"""Every integration's configuration as the hot path needs it: read once for a company, and kept in the process.

A change is seen at once in the process that made it, and in all others as soon as they hear of it (tenants/changes).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.capabilities import Capability
from integrations.connectors import with_capability as connectors_with
from tenants.changes import Memory, subscribe
from tenants.changes.memory import Kept
from tenants.errors import ConfigError
from tenants.scoping import all_tenants

TOPIC = "integrations"


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """A breaker that is open; `code` is that of the error that opened it."""

    open_until: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Token:
    """Access that was granted, at one version. Secrets are kept out of its text form."""

    version: int
    access: str = field(repr=False)
    extras: Mapping[str, str] = field(repr=False, default_factory=dict)
    expires_at: datetime | None = None
    renewed_at: datetime | None = None
    refusal: str = ""
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """One integration at one version. Secrets are kept out of its text form."""

    id: UUID
    tenant_id: int
    connector: str
    name: str
    is_enabled: bool
    version: int
    settings: Mapping[str, Any]
    credentials: Mapping[str, Any] = field(repr=False)
    own_secrets: Mapping[str, Any] = field(repr=False, default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    """Extension -> outside user id, for the assignments in force."""
    health: str = ""
    failures_in_row: int = 0
    last_success_at: datetime | None = None
    circuit: OpenCircuit | None = None
    token: Token | None = None
    timezone: str = "UTC"
    phone_region: str = ""
    module_active: bool | None = None
    """Whether our module is switched on there; None when nothing was said of it."""
    egress_allow: str = ""
    is_draft: bool = False
    """Not saved yet: tried out before it is, so there are no rows to share limits or to keep exchanges in."""


@dataclass(frozen=True, slots=True)
class Connections:
    """A company's integrations. `matrix` says of each system that it has connected whether one of them is enabled."""

    by_id: Mapping[UUID, Live]
    matrix: Mapping[str, bool]


_owners: dict[UUID, int] = {}


def of_tenant(tenant_id: int) -> Iterable[Live]:
    """All integrations of the tenant, enabled or not."""
    return memory.get(tenant_id).by_id.values()


def connections(tenant_id: int) -> Kept[Connections]:
    """The same with which systems are enabled, and how old the knowledge is."""
    return memory.kept(tenant_id)


def with_capability(tenant_id: int, capability: type[Capability]) -> tuple[Live, ...]:
    """The tenant's enabled integrations whose system can do it."""
    codes = connectors_with(capability)
    return tuple(one for one in of_tenant(tenant_id) if one.is_enabled and one.connector in codes)


def get(integration_id: UUID) -> Live:
    """One integration; ConfigError when it was deleted."""
    tenant_id = _owners.get(integration_id) or _owner(integration_id)
    found = memory.get(tenant_id).by_id.get(integration_id) if tenant_id else None
    if found is None:
        raise ConfigError(_("This integration was deleted."))
    return found


def forget(tenant_id: int) -> None:
    """Have every process read the tenant's integrations anew, this thread's transaction already before it is committed."""
    memory.forget(tenant_id)


def forget_all() -> None:
    """Start empty, as a new process does."""
    memory.forget_all()
    _owners.clear()


def _owner(integration_id: UUID) -> int | None:
    from integrations.models import Integration

    with all_tenants():
        return Integration.objects.filter(pk=integration_id).values_list("tenant_id", flat=True).first()


def _read(tenant_id: int) -> Connections:
    from integrations.models import ExtensionAssignment, Integration

    with all_tenants():
        rows = list(
            Integration.objects.filter(tenant_id=tenant_id).select_related(
                "tenant", "breaker", "source", "token"
            )
        )
        assignments = ExtensionAssignment.objects.filter(integration__in=rows, valid_to__isnull=True)
        users: dict[UUID, dict[str, str]] = {}
        for integration_id, extension, user_id in assignments.values_list(
            "integration_id", "extension", "outside_user_id"
        ):
            users.setdefault(integration_id, {})[extension] = user_id
    by_id = {row.pk: snapshot(row, users.get(row.pk, {})) for row in rows}
    _owners.update(dict.fromkeys(by_id, tenant_id))
    matrix: dict[str, bool] = {}
    for one in by_id.values():
        matrix[one.connector] = matrix.get(one.connector, False) or one.is_enabled
    return Connections(MappingProxyType(by_id), MappingProxyType(matrix))


def token_of(row: Any) -> Token:
    """The row as calls use it."""
    return Token(
        version=row.version,
        access=row.access_token,
        extras=MappingProxyType(row.extras),
        expires_at=row.expires_at,
        renewed_at=row.renewed_at,
        refusal=row.refusal,
        doubted_at=row.doubted_at,
    )


def own_secrets(row: Any) -> dict[str, Any]:
    """Those of our making, and those by which the outside system proves itself: none of them is ever shown."""
    source = row.source
    if source is None:
        return dict(row.own_secrets)
    return {**row.own_secrets, "hook": source.secret, "former_hook": source.previous_secret or ""}


def snapshot(row: Any, users: Mapping[str, str]) -> Live:
    """The row as sessions see it."""
    breaker, token = getattr(row, "breaker", None), getattr(row, "token", None)
    return Live(
        id=row.pk,
        tenant_id=row.tenant_id,
        connector=row.connector,
        name=row.name,
        is_enabled=row.is_enabled,
        version=row.version,
        settings=MappingProxyType(row.settings),
        credentials=MappingProxyType(row.credentials),
        own_secrets=MappingProxyType(own_secrets(row)),
        users=MappingProxyType(dict(users)),
        health=row.health,
        failures_in_row=row.failures_in_row,
        last_success_at=row.last_success_at,
        circuit=OpenCircuit(breaker.open_until, breaker.code, breaker.reason) if breaker else None,
        token=token_of(token) if token else None,
        timezone=row.tenant.timezone,
        phone_region=row.tenant.phone_region,
        module_active=None if row.module_active is None else row.module_active and not row.module_frozen,
        egress_allow=row.tenant.egress_allow,
    )


memory: Memory[int, Connections] = Memory(TOPIC, _read, int)
# A company's zone, region and own network are a part of its integrations' configuration.
subscribe("tenant", memory.heard)
