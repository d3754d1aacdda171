"""The section `export_destinations` of the configuration file."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from exports.actions.save_destination import create_destination, update_destination
from exports.models import ExportDestination
from exports.models.destination import DEFAULT_FILE_NAME
from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block, Fraction, Number
from tenants.configuration.sections import flag
from tenants.models import Tenant

KEYS = {"name", "kind", "enabled", "file_name", "settings", "credentials"}


class Destinations(Section):
    """Known by their name. What the file does not say of a known one stays, credentials too."""

    key = "export_destinations"
    place = 60

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name", "kind"}, place, identity="name"):
            name, kind = text(block, "name"), text(block, "kind")
            values = _values(block)
            known = ExportDestination.objects.filter(tenant=tenant, name=name).first()
            if known is not None and known.kind != kind:
                raise ConfigurationError(block.at("kind"), f"“{name}” exists already, as {known.kind}")
            try:
                if known is None:
                    needed: dict[str, Any] = {"settings": {}, "credentials": {}}
                    create_destination(tenant, name=name, kind=kind, **(needed | values))
                    plan.note("create", f"export destination {name}", kind=kind)
                elif update_destination(known, **values).updated_at != known.updated_at:
                    plan.note("update", f"export destination {name}")
            except ValidationError as error:
                raise _in_place(error, block) from error

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {
                "name": row.name,
                "kind": row.kind,
                **({} if row.is_enabled else {"enabled": False}),
                **({} if row.file_name == DEFAULT_FILE_NAME else {"file_name": row.file_name}),
                "settings": row.settings,
                **({"credentials": row.credentials} if secrets and row.credentials else {}),
            }
            for row in ExportDestination.objects.filter(tenant=tenant).order_by("name")
        ]


def _values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {
        key: _mapping(block, key) for key in ("settings", "credentials") if key in block
    }
    if "enabled" in block:
        values["is_enabled"] = flag(block, "enabled")
    if "file_name" in block:
        values["file_name"] = text(block, "file_name")
    return values


def _mapping(block: Block, key: str) -> Mapping[str, Any]:
    """Numbers as they were written where a text is wanted: a bucket may be called 0367."""
    value = block.get(key) or {}
    if not isinstance(value, dict):
        raise ConfigurationError(block.at(key), f"“{key}” must be a mapping")
    return {name: one.source if isinstance(one, Number | Fraction) else one for name, one in value.items()}


def _in_place(error: ValidationError, block: Block) -> ConfigurationError:
    """The first mistake, at its own line: messages are keyed `settings.host` and the like."""
    name, messages = next(iter(error.message_dict.items()))
    part, _dot, inner = name.partition(".")
    inside = block.get(part)
    place = inside.at(inner) if inner and isinstance(inside, Block) else block.at(part)
    return ConfigurationError(place, f"{name}: {' '.join(messages)}")


register_section(Destinations())
