"""Applies a file to the installation, or shows what would change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tenants.configuration.reading import Block, ConfigurationError, read
from tenants.configuration.sections import Plan, each, flag, known_keys, section_keys, sections, text
from tenants.models import Tenant
from tenants.scoping import tenant_scope

FIELDS = ("number", "name", "timezone", "phone_region", "language", "egress_allow")
FLAGS = ("hears_system_alerts",)


class _RolledBack(Exception):
    pass


def apply_text(source: str, *, dry_run: bool = False) -> Plan:
    """Create or update everything the file names, all or nothing; the plan lists what changed.

    ConfigurationError names the line and the key of the first mistake, and nothing was changed.
    """
    plan = Plan()
    with _maybe_rolled_back(dry_run):
        file = known_keys(read(source), {"tenants"}, {"tenants"})
        for block in each(
            file["tenants"],
            {*FIELDS, *FLAGS, *section_keys()},
            {"number"},
            file.at("tenants"),
            identity="number",
        ):
            _apply_tenant(block, plan)
    return plan


@contextmanager
def _maybe_rolled_back(dry_run: bool) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            if dry_run:
                raise _RolledBack
    except _RolledBack:
        pass


def _apply_tenant(block: Block, plan: Plan) -> None:
    number = text(block, "number")
    tenant = Tenant.objects.filter(number=number).first() or Tenant(number=number)
    values: dict[str, Any] = {name: text(block, name) for name in FIELDS if name in block}
    values |= {name: flag(block, name) for name in FLAGS if name in block}
    if tenant._state.adding:
        values.setdefault("name", number)
    plan.save(tenant, f"tenant {number}", values, block.place)
    with tenant_scope(tenant):
        for section in sections():
            if section.key in block:
                section.apply(tenant, block[section.key], plan, block.at(section.key))


def dump_tenants(numbers: list[str] | None = None, *, secrets: bool = False) -> dict[str, Any]:
    """The installation in the file's form."""
    found = Tenant.objects.all() if not numbers else Tenant.objects.filter(number__in=numbers)
    missing = set(numbers or ()) - {tenant.number for tenant in found}
    if missing:
        raise ConfigurationError(None, f"no tenant has the number {', '.join(sorted(missing))}")
    return {"tenants": [_dump_tenant(tenant, secrets) for tenant in found]}


def _dump_tenant(tenant: Tenant, secrets: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        name: getattr(tenant, name) for name in (*FIELDS, *FLAGS) if getattr(tenant, name)
    }
    with tenant_scope(tenant):
        for section in sections():
            value = section.dump(tenant, secrets=secrets)
            if value not in (None, [], {}):
                shown[section.key] = value
    return shown
