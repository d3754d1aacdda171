"""Plays a captured call as a manager interface's listener would store it, at its own pace."""

import time
from collections.abc import Callable, Sequence

from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.scenarios.packets import Packet, packet_event

ADDRESS = "replay"


def play_packets(
    source: Source, packets: Sequence[Packet], speed: float, told: Callable[[Packet, bool], None]
) -> None:
    """Store each packet when it was sent, `speed` times as fast, 0 for at once; `told` hears of each, and whether it was new."""
    if not packets:
        return
    begin, first = time.monotonic(), packets[0].offset
    for packet in packets:
        if speed > 0:
            time.sleep(max(0.0, begin + (packet.offset - first) / speed - time.monotonic()))
        told(packet, insert([arrived(source, packet_event(packet.fields), ADDRESS)]) > 0)
