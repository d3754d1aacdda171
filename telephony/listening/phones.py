"""What an exchange says of a phone -> its state. Pure."""

import re
from typing import Final

from telephony.ami.packets import Packet, text
from telephony.models.listening import PresenceState

_EXTENSION: Final = re.compile(r"[0-9*#]{1,10}\Z")
# Bits of Asterisk's extension state: 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold; -1 and -2 mean that there is no hint.
_BITS: Final = (
    (4, PresenceState.AWAY),
    (16, PresenceState.HOLD),
    (1, PresenceState.TALKING),
    (8, PresenceState.RINGING),
    (2, PresenceState.BUSY),
)


def read(packet: Packet) -> tuple[str, PresenceState] | None:
    """Of an ExtensionStatus; None where it is about no extension."""
    extension = text(packet, "Exten")
    if not _EXTENSION.match(extension):
        return None
    try:
        bits = int(text(packet, "Status"))
    except ValueError:
        return None
    if bits < 0:
        return extension, PresenceState.UNKNOWN
    return extension, next((state for bit, state in _BITS if bits & bit), PresenceState.IDLE)
