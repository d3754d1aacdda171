"""The section `sources` of the configuration file."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.models import Tenant
from webhooks import limits
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.own_source import owned_text
from webhooks.configuration.intake import dumped_intake, intake_values
from webhooks.configuration.values import texts
from webhooks.models import Source
from webhooks.presets import PRESETS, BadOption, preset

KEYS = {"name", "preset", "secret", "id", "description", "options", "tolerance", "enabled"} | {
    "intake",
    "expected",
    "relay",
    "relay_headers",
    "relay_original",
}


class Sources(Section):
    """Known by their name. A changed secret leaves the former one valid for the usual overlap."""

    key = "sources"
    place = 70

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name", "preset"}, place, identity="name"):
            self._apply(tenant, block, plan)

    def _apply(self, tenant: Tenant, block: Block, plan: Plan) -> None:
        name = text(block, "name")
        source = Source.objects.filter(name=name).first() or Source(tenant=tenant, name=name)
        is_new = source._state.adding
        if source.owner:
            raise ConfigurationError(block.at("name"), owned_text(source))
        values = _source_values(source, block)
        options = values.get("options", source.options)
        secret = _source_secret(values["preset"], block, options, is_new=is_new)
        if is_new and secret is not None:
            values["secret"] = secret
        plan.save(source, f"source {name}", values | intake_values(block), block.place)
        if not is_new and secret is not None and source.secret != secret:
            change_source_secret(source, secret)
            plan.note("update", f"source {name}", secret="changed")  # noqa: S106 shown as a mask

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped_source(source, secrets) for source in Source.objects.filter(owner="")]


def _source_values(source: Source, block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {"preset": _preset_name(source, block)}
    if "description" in block:
        values["description"] = text(block, "description")
    if "id" in block:
        values["public_id"] = text(block, "id")
    if "tolerance" in block:
        written = text(block, "tolerance")
        if not (written.isascii() and written.isdigit()):
            raise ConfigurationError(block.at("tolerance"), _("“tolerance” must be a number of seconds"))
        values["tolerance"] = int(written[:9])
    if "enabled" in block:
        if not isinstance(block["enabled"], bool):
            raise ConfigurationError(block.at("enabled"), _("“enabled” must be true or false"))
        values["is_enabled"] = block["enabled"]
    if "options" in block:
        try:
            values["options"] = preset(values["preset"]).clean_options(texts(block["options"] or {}))
        except BadOption as error:
            raise ConfigurationError(block.at("options"), str(error)) from error
    return values


def _preset_name(source: Source, block: Block) -> str:
    name = text(block, "preset")
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        raise ConfigurationError(
            block.at("preset"), _("unknown preset; known are %(known)s") % {"known": known}
        )
    if not source._state.adding and source.preset != name:
        raise ConfigurationError(
            block.at("preset"),
            _("the preset is a part of the URL and cannot be changed; make a source of another name"),
        )
    return name


def _source_secret(preset_name: str, block: Block, options: Mapping[str, str], *, is_new: bool) -> str | None:
    """The secret of the file, or a fresh one where Switchboard may make it; None leaves the stored one alone."""
    try:
        if "secret" in block:
            return preset(preset_name).clean_secret(text(block, "secret"), options)
        return preset(preset_name).new_secret() if is_new else None
    except BadOption as error:
        message = str(error) if "secret" in block else _("the key “secret” is missing: the sender makes it")
        raise ConfigurationError(block.at("secret"), message) from error


def _dumped_source(source: Source, secrets: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": source.name, "preset": source.preset, "id": source.public_id}
    optional = {"description": source.description, "options": source.options}
    shown |= {name: value for name, value in optional.items() if value}
    if source.tolerance != limits.TOLERANCE:
        shown["tolerance"] = source.tolerance
    if not source.is_enabled:
        shown["enabled"] = False
    shown |= dumped_intake(source)
    if secrets:
        shown["secret"] = source.secret
    return shown


register_section(Sources())
