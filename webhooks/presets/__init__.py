"""How the senders of inbound webhooks prove who they are: one `Preset` each, as data (senders.py).

To add a sender: one entry in `senders.py`, and its published vectors in the tests.
"""

from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import BadOption, OptionValues, Preset, Proof, Reply, SecretFrom
from webhooks.presets.senders import PRESETS, UnknownPreset, preset

__all__ = [
    "PRESETS",
    "Arrival",
    "BadOption",
    "OptionValues",
    "Preset",
    "Proof",
    "Reply",
    "SecretFrom",
    "UnknownPreset",
    "preset",
]
