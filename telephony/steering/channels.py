"""Which of an exchange's live channels a command for a call means. Pure: the channels and what we know of the call -> names."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from telephony.models import Call, CallDirection, CallPhase, LegRole

# A technology, a slash, a name. The exchange's own word `all`, and a pattern between slashes, are none.
NAME: Final = re.compile(r"[A-Za-z0-9]{2,20}/[A-Za-z0-9_.@:;+*#/-]{1,130}")


@dataclass(frozen=True, slots=True)
class Channel:
    """One live channel, as the exchange lists it. `bridge` is empty while it is connected with nobody."""

    name: str
    unique_id: str
    linked_id: str = ""
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call: the ids of its channels, those that carried the client, and its first one."""

    ids: frozenset[str]
    clients: frozenset[str]
    first: str
    direction: str
    is_talking: bool

    @classmethod
    def of(cls, call: Call) -> "Known":
        """Two queries."""
        clients = call.legs.filter(role=LegRole.CLIENT).values_list("channel", flat=True)
        return cls(
            ids=frozenset(call.aliases.values_list("channel", flat=True)),
            clients=frozenset(clients),
            first=call.external_id,
            direction=call.direction,
            is_talking=call.phase == CallPhase.TALKING,
        )


class Unclear(Exception):
    """What the exchange shows does not fit the command. `code` is one of the reasons."""

    detail = ""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def to_hang_up(listed: Collection[Channel], known: Known) -> list[str]:
    """The channels that end, the client's first. Unclear when there are none, or when the call has moved on.

    While the client talks, only that conversation ends: colleagues who consult each other beside it go on. Before, all
    of the call does, as the caller's dialplan might try the next phone or line else.
    """
    mine = _mine(listed, known)
    clients = _clients(mine, known)
    _check(clients, known)
    bridges = {one.bridge for one in clients if one.bridge}
    ended = [one for one in mine if one.bridge in bridges] if bridges else mine
    ordered = sorted(ended, key=lambda one: (one not in clients, one.unique_id != known.first))
    return [_named(one) for one in ordered]


def to_move(listed: Collection[Channel], known: Known) -> str:
    """The client's channel. Unclear when it is not there, or when the call has moved on."""
    clients = _clients(_mine(listed, known), known)
    _check(clients, known)
    if not clients:
        raise Unclear("no_channel")
    return _named(clients[0])


def _mine(listed: Collection[Channel], known: Known) -> list[Channel]:
    mine = [one for one in listed if one.unique_id in known.ids or one.linked_id in known.ids]
    if not mine:
        raise Unclear("gone")
    return mine


def _clients(mine: Sequence[Channel], known: Known) -> list[Channel]:
    """Those that carry the client, connected ones first. Without legs the dialplan alone told of the call: an incoming
    one begins with the client's channel, in an outgoing one it is at the other end of the first one's bridge.
    """
    if known.clients:
        found = [one for one in mine if one.unique_id in known.clients]
    elif known.direction == CallDirection.IN:
        found = [one for one in mine if one.unique_id == known.first]
    elif known.direction == CallDirection.OUT:
        bridges = {one.bridge for one in mine if one.unique_id == known.first and one.bridge}
        others = [one for one in mine if one.bridge in bridges and one.unique_id != known.first]
        found = [one for one in others if not one.name.startswith("Local/")]
    else:
        found = []
    return sorted(found, key=lambda one: not one.bridge)


def _check(clients: Collection[Channel], known: Known) -> None:
    """What the exchange shows of the client has to be what we believe: a talk, or none."""
    if clients and any(one.bridge for one in clients) != known.is_talking:
        raise Unclear("changed")


def _named(channel: Channel) -> str:
    """A name goes into a command only when it cannot be anything else."""
    if not NAME.fullmatch(channel.name):
        raise Unclear("no_channel")
    return channel.name
