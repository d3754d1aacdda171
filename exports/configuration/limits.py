"""Limits of exports in the configuration file."""

from typing import Any

from exports.models import LIMITS, ExportLimits
from tenants.configuration import ConfigurationError, Place, Plan, Section, known_keys, register_section
from tenants.configuration.reading import Block
from tenants.models import Tenant


class LimitsOfExports(Section):
    """`export_limits: {max_rows: 1000000, retention_hours: 48}`. `~` gives a limit back to the installation; the rest stays."""

    key = "export_limits"
    place = 35

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, LIMITS)
        row = ExportLimits.objects.first() or ExportLimits(tenant=tenant)
        plan.save(row, "limits of exports", {key: _number(block, key) for key in block}, block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = ExportLimits.objects.first()
        found = {name: getattr(row, name) for name in LIMITS} if row else {}
        return {name: value for name, value in found.items() if value is not None} or None


def _number(block: Block, key: str) -> int | None:
    value = block[key]
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(block.at(key), f"“{key}” must be a whole number")
    return int(value)


register_section(LimitsOfExports())
