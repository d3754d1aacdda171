"""The section `export_templates` of the configuration file."""

from typing import Any

from exports.configuration.values import asked_of
from exports.models import ExportTemplate
from tenants.configuration import Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.models import Tenant

TEXTS = ("dataset", "format", "language")
PARTS = ("columns", "filters", "options")


class ExportTemplates(Section):
    """Known by their name."""

    key = "export_templates"
    place = 75

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, {"name", *TEXTS, *PARTS}, {"name"}, place, identity="name"):
            name = text(block, "name")
            row = ExportTemplate.objects.filter(name=name).first() or ExportTemplate(tenant=tenant, name=name)
            plan.save(row, f"export template {name}", _values(block), block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped(row) for row in ExportTemplate.objects.order_by("name")]


def _values(block: Block) -> dict[str, Any]:
    return {name: text(block, name) for name in TEXTS if name in block} | asked_of(block, PARTS)


def _dumped(row: ExportTemplate) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": row.name, "dataset": row.dataset, "format": row.format}
    return shown | {name: value for name in (*PARTS, "language") if (value := getattr(row, name))}


register_section(ExportTemplates())
