"""The section `integrations` of the configuration file, with whose number is which."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from integrations.actions.assign_extension import assign_extension
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.save_mapping import save_mapping
from integrations.duplicates import configuration as duplicates  # noqa: F401 it registers itself
from integrations.mapping.rules import AS_IS, Way
from integrations.mapping.versions import in_force
from integrations.models import Integration
from integrations.selectors import assignments_in_force
from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block, Items
from tenants.models import Tenant

KEYS = ("connector", "name", "enabled", "settings", "credentials", "extension_mapping", "mappings")


class Integrations(Section):
    """Integrations are found again by their name. A number that the mapping does not name stays whose it is."""

    key = "integrations"
    place = 50

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, ("connector", "name"), place):
            row = self._save(tenant, block, plan)
            self._assign(row, block, plan)
            self._map(row, block, plan)

    def _save(self, tenant: Tenant, block: Block, plan: Plan) -> Integration:
        connector, name = text(block, "connector"), text(block, "name")
        values: dict[str, Any] = {
            key: _mapping(block, key) for key in ("settings", "credentials") if key in block
        }
        if "enabled" in block:
            if not isinstance(block["enabled"], bool):
                raise ConfigurationError(block.at("enabled"), "“enabled” must be true or false")
            values["is_enabled"] = block["enabled"]
        known = Integration.objects.filter(tenant=tenant, name=name).first()
        if known and known.connector != connector:
            raise ConfigurationError(
                block.at("connector"), f"“{name}” exists already, with {known.connector}"
            )
        try:
            if known is None:
                row = create_integration(
                    tenant, connector, name, **{"settings": {}, "credentials": {}, **values}
                )
            else:
                row = update_integration(known, **values)
        except ValidationError as error:
            raise _in_place(error, block) from error
        if known is None:
            plan.note("create", f"integration {name}", connector=connector)
        elif row.version != known.version:
            plan.note("update", f"integration {name}")
        return row

    @staticmethod
    def _assign(row: Integration, block: Block, plan: Plan) -> None:
        mapping, former = _mapping(block, "extension_mapping"), assignments_in_force(row)
        if len(set(map(str, mapping.values()))) < len(mapping):
            raise ConfigurationError(block.at("extension_mapping"), "one extension is given to two users")
        for user, extension in mapping.items():
            if former.get(user) == str(extension):
                continue
            try:
                assign_extension(row, user, str(extension))
            except ValidationError as error:
                raise _in_place(error, block, "extension_mapping", user) from error
            plan.note("update", f"integration {row.name}", user=user, extension=str(extension))

    @staticmethod
    def _map(row: Integration, block: Block, plan: Plan) -> None:
        for kind, rules in _mapping(block, "mappings").items():
            former = in_force(row).get(kind)
            try:
                saved = save_mapping(row, kind, rules)
            except ValidationError as error:
                raise ConfigurationError(_of_rules(error, block, kind), _first_words(error)) from error
            if former is None or saved.pk != former.pk:
                plan.note("update", f"integration {row.name}", mapping=kind, rules=len(saved.rules))

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {
                "connector": row.connector,
                "name": row.name,
                "enabled": row.is_enabled,
                "settings": row.settings,
                **({"credentials": row.credentials} if secrets else {}),
                **({"extension_mapping": mapping} if (mapping := assignments_in_force(row)) else {}),
                **({"mappings": mappings} if (mappings := _rules(row)) else {}),
            }
            # A simulation lives on this machine only.
            for row in Integration.objects.filter(tenant=tenant, tryout=None).order_by("name")
        ]


def _mapping(block: Block, key: str) -> Mapping[str, Any]:
    value = block.get(key) or {}
    if not isinstance(value, dict):
        raise ConfigurationError(block.at(key), f"“{key}” must be a mapping")
    return value


def _rules(row: Integration) -> dict[str, Any]:
    """The rules in force, without what stands there by default."""
    return {
        kind: [
            {
                key: value
                for key, value in rule.items()
                if value and (key, value) not in (("transform", AS_IS), ("direction", Way.IN.value))
            }
            for rule in version.rules
        ]
        for kind, version in in_force(row).items()
        if version.rules
    }


def _of_rules(error: ValidationError, block: Block, kind: str) -> Place:
    """The place of the mistake that `rules.<row>.<field>` names."""
    inside: Any = block.get("mappings")
    place = inside.at(kind)
    inside = inside.get(kind)
    for step in next(iter(error.message_dict)).split(".")[1:]:
        if isinstance(inside, Items) and step.isdecimal() and int(step) < len(inside):
            place, inside = inside.places[int(step)], inside[int(step)]
        elif isinstance(inside, Block):
            place, inside = inside.at(step), inside.get(step)
    return place


def _first_words(error: ValidationError) -> str:
    return " ".join(next(iter(error.message_dict.values())))


def _in_place(error: ValidationError, block: Block, *path: str) -> ConfigurationError:
    """The first mistake, at its own line: messages are keyed `settings.url` and the like."""
    name, messages = next(iter(error.message_dict.items()))
    place = block.place
    for step in path or name.split("."):
        place = block.at(step)
        inner = block.get(step)
        if not isinstance(inner, Block):
            break
        block, place = inner, inner.place
    return ConfigurationError(place, " ".join(messages))


register_section(Integrations())
