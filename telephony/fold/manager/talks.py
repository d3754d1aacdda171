"""Who spoke with the client, and when: from the bridges that channels entered and left."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from telephony.fold.manager.cast import Cast
from telephony.fold.manager.tracks import Track, Tracks
from telephony.fold.state import Talk

# Between an answer and the bridge that it leads to, and between two bridges when a Local channel makes way.
NEAR: Final = timedelta(seconds=3)
SEAM: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Stay:
    """A channel in a bridge; `until` is None while it is there."""

    bridge: str
    uid: str
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or self.until > at)


def talks(tracks: Tracks, known: Cast) -> tuple[Talk, ...]:
    """The stretches in which the client and one of us were in the same bridge, or in bridges that Local channels join.

    A consultation between two colleagues while the client waits is none; the same colleague's pieces make one.
    """
    stays = [stay for track in tracks.by_uid.values() for stay in _stays(track)]
    stays += _of_unseen_bridges(tracks, stays)
    clients = {track.uid for track in known.clients}
    pieces: dict[str, list[Talk]] = defaultdict(list)
    for since, until, uids in _together(tracks, stays, clients):
        for extension in _ours(known, uids, clients):
            pieces[extension].append(Talk(extension, since, until))
    joined = [talk for found in pieces.values() for talk in _joined(found)]
    return tuple(sorted(joined, key=lambda talk: (talk.since, talk.extension)))


def _stays(track: Track) -> Iterator[Stay]:
    """A channel is in one bridge at a time: entering the next, and its end, ends a stay whose end was not told."""
    for place, (at, bridge, is_entry) in enumerate(track.moves):
        if not is_entry:
            continue
        ends = [when for when, other, enters in track.moves[place + 1 :] if enters or other == bridge]
        until = ends[0] if ends else track.ended_at
        if until is None or until > at:
            yield Stay(bridge, track.uid, at, until)


def _of_unseen_bridges(tracks: Tracks, stays: list[Stay]) -> Iterator[Stay]:
    """An answered dial whose bridge was not told, for one side or for both."""
    for at, *sides in tracks.answers:
        near = {uid: _entered_near(stays, uid, at) for uid in sides}
        if all(near.values()):
            continue
        bridge = next((stay.bridge for stay in near.values() if stay), f"dial:{sides[1]}")
        ends = [stay.until for stay in near.values() if stay and stay.until]
        for uid, stay in near.items():
            ended = tracks.by_uid[uid].ended_at
            until = min([end for end in (*ends, ended) if end is not None], default=None)
            if stay is None and (until is None or until > at):
                yield Stay(bridge, uid, at, until)


def _entered_near(stays: list[Stay], uid: str, at: datetime) -> Stay | None:
    return next((stay for stay in stays if stay.uid == uid and abs(stay.since - at) <= NEAR), None)


def _together(
    tracks: Tracks, stays: list[Stay], clients: set[str]
) -> Iterator[tuple[datetime, datetime | None, set[str]]]:
    """Stretch by stretch, the channels that hear the client."""
    ends = {stay.until for stay in stays if stay.until is not None}
    moments = sorted({stay.since for stay in stays} | ends)
    for place, since in enumerate(moments):
        here = [stay for stay in stays if stay.covers(since)]
        if not any(stay.uid in clients for stay in here):
            continue
        until = moments[place + 1] if place + 1 < len(moments) else None
        yield since, until, _hearing(tracks, here, clients)


def _hearing(tracks: Tracks, here: list[Stay], clients: set[str]) -> set[str]:
    bridges = {stay.bridge for stay in here if stay.uid in clients}
    while True:
        uids = {stay.uid for stay in here if stay.bridge in bridges}
        halves = {tracks.pairs[uid] for uid in uids if uid in tracks.pairs}
        more = {stay.bridge for stay in here if stay.uid in halves} - bridges
        if not more:
            return uids
        bridges |= more


def _ours(known: Cast, uids: set[str], clients: set[str]) -> list[str]:
    """The extensions among them; an empty one for a colleague who was called outside."""
    found = sorted({known.phones[uid] for uid in uids if uid in known.phones and uid not in clients})
    if found:
        return found
    return [""] if any(track.uid in uids and track.uid not in clients for track in known.trunks) else []


def _joined(pieces: list[Talk]) -> Iterable[Talk]:
    """Pieces of one extension without a pause between them, put together. They are in order."""
    last: Talk | None = None
    for piece in pieces:
        if last is not None and last.until is not None and piece.since - last.until <= SEAM:
            last = Talk(piece.extension, last.since, piece.until)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
