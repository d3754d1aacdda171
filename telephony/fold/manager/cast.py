"""Who is who in a call: which channels carry the client, which are our phones, and which way the call goes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from telephony.fold.manager.tracks import Track, Tracks
from telephony.fold.numbers import is_extension, to_e164
from telephony.fold.ours import Ours, resource
from telephony.fold.state import Direction

_NUMBER: Final = re.compile(r"\+?[0-9*#]{3,40}")
NOT_A_LINE: Final = frozenset(("s", "h", "t", "i"))


@dataclass(frozen=True, slots=True)
class Cast:
    """`clients` carry the client; in an internal call it is who calls. `phones` are ours: channel -> extension."""

    direction: Direction
    clients: tuple[Track, ...]
    phones: dict[str, str]
    trunks: tuple[Track, ...]
    caller: Track | None
    """Our phone that placed the call."""


def cast(tracks: Tracks, ours: Ours) -> Cast:
    """Tell lines from phones, and by who was dialled the direction. A line to or from a colleague's mobile is a phone."""
    devices = tracks.devices
    lines = [track for track in devices if ours.is_trunk(track.device, track.number)]
    mobiles = {track.uid: whose for track in lines if (whose := _colleague(track, ours))}
    trunks = tuple(track for track in lines if track.uid not in mobiles)
    named = {track.uid for track in trunks}
    phones = [track for track in devices if track.uid not in named]
    direction = _direction(trunks, phones, mobiles, ours)
    caller = _caller(phones, direction)
    match direction:
        case Direction.IN:
            clients = tuple(track for track in trunks if not track.was_dialled)
        case Direction.OUT:
            clients = tuple(track for track in trunks if track.was_dialled)
        case _:
            clients = (caller,) if caller is not None else ()
    extensions = {
        track.uid: mobiles.get(track.uid) or ours.extension(track.device, track.number)[:10]
        for track in phones
    }
    return Cast(direction, clients, extensions, trunks, caller)


def _colleague(track: Track, ours: Ours) -> str:
    """The extension of whose mobile is at the other end of a line; empty for everybody else's."""
    if not ours.mobiles:
        return ""
    dialled = _dialled(track) if track.was_dialled else []
    return next((whose for number in dialled or [track.number] if (whose := ours.colleague(number))), "")


def _direction(
    trunks: tuple[Track, ...], phones: list[Track], mobiles: Mapping[str, str], ours: Ours
) -> Direction:
    if trunks:
        return Direction.OUT if trunks[0].was_dialled else Direction.IN
    calling = [track for track in phones if not track.was_dialled]
    # What a colleague's mobile dialled is a line of ours, and what led to one is that colleague, whatever was dialled.
    asked = [track for track in calling if track.uid not in mobiles]
    is_colleagues = any(track.was_dialled for track in phones if track.uid in mobiles)
    if not is_colleagues and any(_is_outside(track.exten, ours) for track in asked):
        # No line was free, or it has not been dialled yet.
        return Direction.OUT
    # A phone that the exchange calls by itself is the first half of a click-to-call and no call of its own.
    return Direction.INTERNAL if calling or len(phones) > 1 else Direction.UNKNOWN


def _is_outside(exten: str, ours: Ours) -> bool:
    is_number = bool(exten) and not is_extension(exten) and to_e164(exten, ours.region) != ""
    return is_number and not ours.colleague(exten)


def _caller(phones: list[Track], direction: Direction) -> Track | None:
    if direction not in (Direction.OUT, Direction.INTERNAL):
        return None
    return next((track for track in phones if not track.was_dialled), phones[0] if phones else None)


def dialled_number(known: Cast, ours: Ours) -> str:
    """Whom an outgoing call is for: as the line was asked for it, else as the phone dialled it."""
    candidates = [text for track in known.clients for text in (*_dialled(track), track.number)]
    if known.caller is not None:
        candidates.append(known.caller.exten)
    found = [text for text in candidates if text and text not in ours.extensions]
    return next((text for text in found if to_e164(text, ours.region)), found[0] if found else "")[:64]


def _dialled(track: Track) -> list[str]:
    """`+375291234570@trunk-a1` and `trunk-a1/+375291234570` -> the number; a line may itself be named by a number."""
    name = resource(track.device)
    parts = [part for part in re.split(r"[@/,:&]", track.dial_string) if part != name]
    return [part for part in parts if _NUMBER.fullmatch(part)]


def line(known: Cast) -> str:
    """The number of ours that the client called."""
    if known.direction is not Direction.IN:
        return ""
    return next(
        (track.exten for track in known.clients if track.exten and track.exten not in NOT_A_LINE), ""
    )[:64]
