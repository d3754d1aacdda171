"""What is asked right after the log-in: whom we speak to, what the account may do, which channels there are, how the phones stand."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from telephony.ami import AmiConnection, AmiRefused, Packet
from telephony.ami.packets import text
from telephony.listening.clock import ExchangeClock

EVENTS: Final = "system,call,agent,user"
"""The classes that we listen to. The exchange leaves out all others, which is most of what it says."""
PINGS: Final = 3
PROBE: Final = "core show version"


@dataclass(slots=True)
class Greeting:
    """`channels` is None where the account may not ask; then nobody knows what happened in between."""

    banner: str
    version: str = ""
    booted: str = ""
    rights: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    channels: list[Packet] | None = None
    phones: list[Packet] = field(default_factory=list)
    asked_at: float = 0.0


def greet(ami: AmiConnection, clock: ExchangeClock) -> Greeting:
    """A handful of short questions. A refused one is a warning; only a connection that ends raises (OSError)."""
    found = Greeting(ami.banner)
    for _time in range(PINGS):
        ping(ami, clock)
    settings = _asked(ami, "CoreSettings", found, "status")
    found.version = text(settings, "AsteriskVersion")[:80]
    status = _asked(ami, "CoreStatus", found, "")
    found.booted = " ".join(filter(None, (text(status, "CoreStartupDate"), text(status, "CoreStartupTime"))))[
        :40
    ]
    if is_told_of_boots(ami):
        found.rights.append("system")
    else:
        found.warnings.append("no_system")
    _probe(ami, found)
    found.phones = _listed(ami, "ExtensionStateList", found, "phones") or []
    # Last, so that as little as possible happens between the list and the first event after it.
    found.asked_at = time.time()
    found.channels = _listed(ami, "CoreShowChannels", found, "channels")
    return found


def ping(ami: AmiConnection, clock: ExchangeClock, seconds: float = 5.0) -> None:
    sent = time.time()
    answer = ami.act("Ping", seconds=seconds)
    clock.pinged(sent, time.time(), text(answer, "Timestamp"))


def is_told_of_boots(ami: AmiConnection) -> bool:
    """FullyBooted follows the log-in at once, but only for accounts with the read class `system`."""
    return any(text(packet, "Event") == "FullyBooted" for packet in ami.waiting)


def _probe(ami: AmiConnection, found: Greeting) -> None:
    """An account that may run commands may run programs on the exchange: a harmless one has to be refused."""
    with suppress(AmiRefused):
        ami.act("Command", [("Command", PROBE)])
        found.rights.append("command")
        found.warnings.append("too_many_rights")


def _asked(ami: AmiConnection, action: str, found: Greeting, right: str) -> Packet:
    try:
        answer = ami.act(action)
    except AmiRefused:
        if right:
            found.warnings.append(f"no_{right}")
        return {}
    if right:
        found.rights.append(right)
    return answer


def _listed(ami: AmiConnection, action: str, found: Greeting, right: str) -> list[Packet] | None:
    try:
        answer = ami.listed(action)
    except AmiRefused:
        found.warnings.append(f"no_{right}")
        return None
    found.rights.append(right)
    return answer
