"""Keys of a source that say which of its events are taken, and as what they are published."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from tenants.configuration import ConfigurationError, text
from tenants.configuration.reading import Block
from webhooks.models import Intake, Source
from webhooks.presets import BadOption
from webhooks.relaying import clean_expected, clean_headers, clean_relay

LISTS: Final[Mapping[str, Callable[[Any], list[str]]]] = {
    "expected": clean_expected,
    "relay_headers": clean_headers,
}


def intake_values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "intake" in block:
        values["intake"] = text(block, "intake")
        if values["intake"] not in Intake.values:
            known = ", ".join(Intake.values)
            raise ConfigurationError(
                block.at("intake"), _("“intake” must be one of %(known)s") % {"known": known}
            )
    if "relay_original" in block:
        if not isinstance(block["relay_original"], bool):
            raise ConfigurationError(block.at("relay_original"), _("“relay_original” must be true or false"))
        values["relay_original"] = block["relay_original"]
    try:
        if "relay" in block:
            values["relay"] = clean_relay(text(block, "relay"))
        values |= {name: clean(block[name]) for name, clean in LISTS.items() if name in block}
    except BadOption as error:
        raise ConfigurationError(block.at(error.name), str(error)) from error
    return values


def dumped_intake(source: Source) -> dict[str, Any]:
    """Only what differs from a new source."""
    shown: dict[str, Any] = {}
    if source.intake != Intake.ALL:
        shown["intake"] = str(source.intake)
    for name in ("expected", "relay", "relay_headers", "relay_original"):
        if value := getattr(source, name):
            shown[name] = value
    return shown
