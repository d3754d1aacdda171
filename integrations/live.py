"""Every integration's configuration as the hot path needs it: read once, kept in the process for a few seconds.

A change made in this process is seen at once, one made elsewhere after `TIME_TO_LIVE` at the latest.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from integrations.capabilities import Capability
from integrations.connectors import with_capability as connectors_with
from tenants.errors import ConfigError
from tenants.scoping import all_tenants

TIME_TO_LIVE = 3.0


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
    egress_allow: str = ""
    is_draft: bool = False
    """Not saved yet: tried out before it is, so there are no rows to share limits or to keep exchanges in."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    until: float
    by_id: Mapping[UUID, Live]


_loaded: dict[int, _Loaded] = {}
_owners: dict[UUID, int] = {}
_lock = threading.Lock()


def of_tenant(tenant_id: int) -> Iterable[Live]:
    """All integrations of the tenant, enabled or not."""
    return _of_tenant(tenant_id).values()


def with_capability(tenant_id: int, capability: type[Capability]) -> tuple[Live, ...]:
    """The tenant's enabled integrations whose system can do it."""
    codes = connectors_with(capability)
    return tuple(one for one in of_tenant(tenant_id) if one.is_enabled and one.connector in codes)


def get(integration_id: UUID) -> Live:
    """One integration; ConfigError when it was deleted."""
    tenant_id = _owners.get(integration_id) or _owner(integration_id)
    found = _of_tenant(tenant_id).get(integration_id) if tenant_id else None
    if found is None:
        raise ConfigError(_("This integration was deleted."))
    return found


def forget(tenant_id: int) -> None:
    """Read the tenant's integrations anew: now for this thread's transaction, and again once it is committed."""
    _drop(tenant_id)
    transaction.on_commit(lambda: _drop(tenant_id))


def forget_all() -> None:
    """Start empty, as a new process does."""
    with _lock:
        _loaded.clear()
        _owners.clear()


def _drop(tenant_id: int) -> None:
    with _lock:
        _loaded.pop(tenant_id, None)


def _of_tenant(tenant_id: int) -> Mapping[UUID, Live]:
    found = _loaded.get(tenant_id)
    if found is None or found.until < time.monotonic():
        found = _Loaded(time.monotonic() + TIME_TO_LIVE, MappingProxyType(_read(tenant_id)))
        with _lock:
            _loaded[tenant_id] = found
            _owners.update(dict.fromkeys(found.by_id, tenant_id))
    return found.by_id


def _owner(integration_id: UUID) -> int | None:
    from integrations.models import Integration

    with all_tenants():
        return Integration.objects.filter(pk=integration_id).values_list("tenant_id", flat=True).first()


def _read(tenant_id: int) -> dict[UUID, Live]:
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
    return {row.pk: snapshot(row, users.get(row.pk, {})) for row in rows}


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
        egress_allow=row.tenant.egress_allow,
    )
