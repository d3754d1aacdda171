"""Which channels a packet of the manager interface ties together into one call. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_TWO: Final = ("Uniqueid", "Linkedid")
_PARTIES: Final[dict[str, tuple[str, ...]]] = {
    "DialBegin": ("", "Dest"),
    "DialEnd": ("", "Dest"),
    "LocalBridge": ("LocalOne", "LocalTwo"),
    "Pickup": ("", "Target"),
    "BlindTransfer": ("Transferer", "Transferee"),
    "AttendedTransfer": ("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget"),
}
TYING: Final = frozenset((*_PARTIES, "BridgeEnter"))
"""The kinds that say more than the id and the linked id of their own channel."""


def ties(kind: str, packet: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of everything in the packet that belongs to the same call, each once.

    A linked id may change during a call, for instance when somebody picks it up for a colleague: what shares a bridge
    belongs together, too. Not so in a conference or in a waiting room, which are no basic bridges.
    """
    names = [_text(packet, prefix + field) for prefix in _PARTIES.get(kind, ("",)) for field in _TWO]
    if kind == "BridgeEnter" and packet.get("BridgeType") == "basic":
        bridge = _text(packet, "BridgeUniqueid")
        names.append(f"bridge:{bridge}" if bridge else "")
    return tuple(dict.fromkeys(name for name in names if name))


def _text(packet: Mapping[str, Any], field: str) -> str:
    value = packet.get(field)
    return "".join(value.split())[:140] if isinstance(value, str) else ""
