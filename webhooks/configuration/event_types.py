"""The section `event_types` of the configuration file: those that the company declares itself."""

from typing import Any

from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.models import Tenant
from webhooks.configuration.values import plain
from webhooks.models import OwnEventType
from webhooks.models.event_type import any_object

KEYS = {"name", "title", "description", "schema", "example", "deprecation"}


class EventTypes(Section):
    """Known by their name; applied before the endpoints that subscribe to them."""

    key = "event_types"
    place = 55

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name"}, place, identity="name"):
            name = text(block, "name")
            row = OwnEventType.objects.filter(name=name).first() or OwnEventType(tenant=tenant, name=name)
            if row._state.adding and "title" not in block:
                raise ConfigurationError(block.place, "the key “title” is missing")
            plan.save(row, f"event type {name}", _values(block), block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped(row) for row in OwnEventType.objects.order_by("name")]


def _values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: text(block, name) for name in ("title", "description", "deprecation") if name in block
    }
    return values | {name: plain(block[name]) for name in ("schema", "example") if name in block}


def _dumped(row: OwnEventType) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": row.name, "title": row.title}
    optional = {"description": row.description, "example": row.example, "deprecation": row.deprecation}
    if row.schema != any_object():
        optional["schema"] = row.schema
    return shown | {name: value for name, value in optional.items() if value}


register_section(EventTypes())
