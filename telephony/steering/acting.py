"""Look, claim, act: what one command asks of an exchange, and the ways in which it can go wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from telephony.steering.channels import Channel, Known, to_hang_up, to_move


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client is sent to: a context of the administrator's, and an extension of the company."""

    context: str
    extension: str


class Exchange(Protocol):
    """An open way to an exchange. `hang_up` and `move` say whether the channel was still there; Refused and Doubtful
    (telephony.dialing.asking) for everything else that keeps them from it."""

    def channels(self) -> Sequence[Channel]: ...

    def hang_up(self, channel: str) -> bool: ...

    def move(self, channel: str, target: Target) -> bool: ...


def steer(exchange: Exchange, known: Known, target: Target | None, claim: Callable[[str], None]) -> bool:
    """Carry it out: a transfer with a `target`, else the end of the call. Whether anything was still there.

    `claim` gets the name of the first channel right before anything is sent, and raises when it must not be.
    """
    listed = exchange.channels()
    if target is not None:
        channel = to_move(listed, known)
        claim(channel)
        return exchange.move(channel, target)
    channels = to_hang_up(listed, known)
    claim(channels[0])
    # All of them are told: some end by themselves with the one before.
    found = [exchange.hang_up(one) for one in channels]
    return any(found)
