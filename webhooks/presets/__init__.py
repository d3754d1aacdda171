"""How the senders of inbound webhooks prove who they are: one `Preset` each, as data (senders/).

To add a sender: one entry in a file of `senders/`, and its published vectors in the tests.
"""

from webhooks.presets.arrival import Arrival
from webhooks.presets.options import BadOption, OptionValues
from webhooks.presets.preset import Kind, Preset, Proof, Reply, SecretFrom
from webhooks.presets.senders import PRESETS, UnknownPreset, preset

__all__ = [
    "PRESETS",
    "Arrival",
    "BadOption",
    "Kind",
    "OptionValues",
    "Preset",
    "Proof",
    "Reply",
    "SecretFrom",
    "UnknownPreset",
    "preset",
]
