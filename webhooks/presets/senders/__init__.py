"""Every sender that is known by name, a file for each kind, and the general ways for all others."""

from typing import Final

from webhooks.presets.preset import Preset
from webhooks.presets.senders import crm, development, general, messengers, payments, shops

PRESETS: Final[dict[str, Preset]] = {
    one.name: one
    for kind in (
        general.STANDARD,
        shops.PRESETS,
        payments.PRESETS,
        crm.PRESETS,
        messengers.PRESETS,
        development.PRESETS,
        general.OWN,
    )
    for one in kind
}


class UnknownPreset(LookupError):
    """There is no preset of that name."""


def preset(name: str) -> Preset:
    try:
        return PRESETS[name]
    except KeyError as error:
        raise UnknownPreset(name) from error
