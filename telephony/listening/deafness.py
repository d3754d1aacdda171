"""Whether an exchange keeps its calls from us: there are channels, but it never said that they began. Pure but for the clock.

An account without `read = call` logs in like any other and hears nothing, for as long as nobody wonders. So while nothing was
heard the exchange is asked from time to time what it has.
"""

import time
from collections.abc import Iterable
from typing import Final

from telephony.ami.packets import Packet, text

ASK_SECONDS: Final = 60.0
WARNING: Final = "no_call"
YOUNG: Final = frozenset({"", "00:00:00", "00:00:01"})
"""Their events may still be on their way."""


class Deafness:
    """Of one session. `present` are the channels that were there at its beginning, of which nobody expects a word."""

    def __init__(self, present: Iterable[Packet], can_ask: bool) -> None:
        self._present = {text(packet, "Uniqueid") for packet in present}
        self._is_in_doubt = can_ask
        self._asked_at = time.monotonic()

    def heard(self) -> None:
        """It does tell of calls."""
        self._is_in_doubt = False

    def is_time_to_ask(self) -> bool:
        if not self._is_in_doubt or time.monotonic() - self._asked_at < ASK_SECONDS:
            return False
        self._asked_at = time.monotonic()
        return True

    def proves(self, packet: Packet) -> bool:
        """Whether this channel of its list began without a word."""
        is_new = text(packet, "Uniqueid") not in self._present and text(packet, "Duration") not in YOUNG
        return self._is_in_doubt and is_new
