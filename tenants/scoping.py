"""Which tenant the running code may see.

Managers of tenant-owned models filter by the active scope and refuse to work without one, so a forgotten scope is an
error in the first test and never a leak. Workers and operators say `all_tenants()` explicitly.

What the manager does not see, and whoever uses it must: joins (`User.objects.filter(memberships__…)`), `raw()` and
cursors, `_base_manager`, the object behind a foreign key that is held already. A queryset keeps the scope in which it
was made, not the one in which it is evaluated; threads begin without any.

On PostgreSQL the server sees to all of these (`tenants/postgresql`). There the scope in which a queryset is evaluated counts
as well, and without one there is nothing: evaluate where you made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import models

if TYPE_CHECKING:
    from tenants.models import Tenant

EVERYONE: Final = 0
_scope: ContextVar[int | None] = ContextVar("tenant_scope", default=None)

ModelT = TypeVar("ModelT", bound=models.Model)


class ScopeMissing(RuntimeError):
    """A tenant-owned model was queried outside `tenant_scope()` and `all_tenants()`."""


class WrongTenant(RuntimeError):
    """A row of one tenant was about to be written in the scope of another."""


def current_tenant_id() -> int | None:
    """The tenant in scope; None without a scope and inside `all_tenants()`."""
    return _scope.get() or None


def is_scoped() -> bool:
    return _scope.get() is not None


def scope_name() -> str:
    """The scope in words that the database understands: a tenant's id, "*" for all, "" for none."""
    scope = _scope.get()
    return "" if scope is None else "*" if scope == EVERYONE else str(scope)


def check_tenant(row: models.Model) -> None:
    """WrongTenant when the row belongs to another tenant than the one in scope."""
    scope, owner = current_tenant_id(), getattr(row, "tenant_id", None)
    if scope is not None and owner is not None and owner != scope:
        raise WrongTenant(f"{type(row).__name__} of tenant {owner} in the scope of tenant {scope}")


@contextmanager
def tenant_scope(tenant: Tenant | int) -> Iterator[None]:
    """Only that tenant's rows are visible inside."""
    token = _scope.set(tenant if isinstance(tenant, int) else tenant.pk)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def all_tenants() -> Iterator[None]:
    """Every tenant's rows are visible inside: for workers, migrations of data and operator staff only."""
    token = _scope.set(EVERYONE)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def reaching(tenant_ids: Iterable[int | None]) -> Iterator[None]:
    """The present scope where all rows of these tenants are in it, else everybody's.

    For writing what others caused: on PostgreSQL each change of scope costs a statement.
    """
    scope = _scope.get()
    if scope == EVERYONE or (scope is not None and set(tenant_ids) <= {scope}):
        yield
    else:
        with all_tenants():
            yield


class TenantManager(models.Manager[ModelT]):
    """The default manager of every tenant-owned model."""

    def get_queryset(self) -> models.QuerySet[ModelT]:
        scope = _scope.get()
        if scope is None:
            raise ScopeMissing(f"{self.model.__name__} was queried without a tenant scope")
        queryset = super().get_queryset()
        return queryset if scope == EVERYONE else queryset.filter(tenant_id=scope)

    def bulk_create(self, objs: Iterable[ModelT], *args: Any, **options: Any) -> list[ModelT]:
        rows = list(objs)
        for row in rows:
            check_tenant(row)
        return super().bulk_create(rows, *args, **options)

    def create(self, **values: Any) -> ModelT:
        if "tenant" not in values and "tenant_id" not in values and current_tenant_id():
            values["tenant_id"] = current_tenant_id()
        return super().create(**values)
