"""One packet of the manager interface, as it was stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

GONE: Final = "HubGone"
NO_END: Final = "no_end"
# In the order in which they come when the exchange stamps them with the same time.
FOLDED: Final = (
    "Newchannel",
    "NewCallerid",
    "LocalBridge",
    "QueueCallerJoin",
    "MixMonitorStart",
    "DialBegin",
    "Pickup",
    "DialEnd",
    "BlindTransfer",
    "AttendedTransfer",
    "BridgeLeave",
    "BridgeEnter",
    "HangupRequest",
    "SoftHangupRequest",
    "QueueCallerAbandon",
    "QueueCallerLeave",
    "Hangup",
    GONE,
)
"""The events that make a call what it is. `HubGone` is our own: a channel was gone after we had been away.

Others may be stored for other purposes; they change no call.
"""
RANK: Final = {kind: rank for rank, kind in enumerate(FOLDED)}
MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """`at` is the exchange's own time on our clock; `key` tells repeats apart from new events."""

    key: str
    kind: str
    at: datetime
    channel: str
    linked: str
    packet: Mapping[str, Any]

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, RANK.get(self.kind, 99), self.key

    @property
    def is_sweep(self) -> bool:
        """Our own word that a call, not just a channel, was given up: nothing came of it for hours."""
        return self.kind == GONE and self.packet.get("Reason") == NO_END

    def text(self, name: str) -> str:
        """A field; empty for one that is missing or `<unknown>`, the first of several."""
        value = self.packet.get(name, "")
        if isinstance(value, list):
            value = value[0] if value else ""
        text = value if isinstance(value, str) else ""
        return "" if text == "<unknown>" else text.strip()[:MAX_TEXT]

    def number(self, name: str) -> int | None:
        """A field with a small whole number."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
