"""When a call was over, how it went, and who ended it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from telephony.fold import causes
from telephony.fold.manager.cast import Cast
from telephony.fold.manager.tracks import Track, Tracks
from telephony.fold.state import Direction, Outcome, Ring, Side, Talk

SHORTLY_BEFORE: Final = timedelta(seconds=1)
LINE_CAUSES: Final = frozenset((1, 2, 3, 18, 20, 22, 27, 28, 34, 38, 41, 42, 43, 44, 47))


@dataclass(frozen=True, slots=True)
class Ending:
    """`is_lost`: nobody saw the end, only that it was over."""

    at: datetime
    is_lost: bool


def ending(tracks: Tracks, known: Cast, found: tuple[Talk, ...]) -> Ending | None:
    """When the last channel that matters was gone; None while one lives.

    Colleagues who go on without the client are no part of the call; Local channels never matter. An outgoing call that
    nobody has answered yet may try another line, so there all devices count.
    """
    is_clients = known.direction is Direction.IN or (known.direction is Direction.OUT and bool(found))
    deciding = list(known.clients) if is_clients else tracks.devices
    if not deciding or any(track.ended_at is None for track in deciding):
        return None
    last = max(deciding, key=lambda track: (track.ended_at or track.seen_at, track.uid))
    return Ending(last.ended_at or last.seen_at, any(track.is_lost for track in deciding))


def cause(tracks: Tracks, known: Cast) -> int | None:
    """The hang-up cause: the client's, else that of the phone that placed the call."""
    carrying = [*known.clients, *([known.caller] if known.caller else []), *tracks.devices]
    return next((track.cause for track in carrying if track.cause is not None), None)


def dial_status(tracks: Tracks, known: Cast) -> str:
    """What the last round of dialling came to, in the words of Dial."""
    called = [track for track in _called(tracks, known) if track.dial_status]
    if any(track.dial_status == "ANSWER" for track in called):
        return "ANSWER"
    if not called:
        line_is_dead = known.direction is Direction.IN and cause(tracks, known) in LINE_CAUSES
        return "CHANUNAVAIL" if line_is_dead else ""
    began = max(_at(track) for track in called)
    last = [track for track in called if began - _at(track) <= timedelta(seconds=1)]
    said = {_status(track) for track in last}
    return said.pop() if len(said) == 1 else "CANCEL" if "CANCEL" in said else "NOANSWER"


def _called(tracks: Tracks, known: Cast) -> list[Track]:
    """Those that were to be reached. A queue dials by itself and sets no result."""
    if known.direction is Direction.OUT:
        return list(known.clients)
    phones = [track for track in tracks.devices if track.uid in known.phones and track.dial_status]
    if tracks.joined_at is None:
        return phones
    since, until = tracks.joined_at, tracks.left_at or tracks.abandoned_at
    return [track for track in phones if _at(track) < since or (until is not None and _at(track) > until)]


def _at(track: Track) -> datetime:
    return track.rang_at or track.dialled_until or track.seen_at


def _status(track: Track) -> str:
    """`NOANSWER` is also what DialEnd says of a number that does not exist: then the cause tells."""
    is_dead = track.dial_status == "NOANSWER" and track.cause in LINE_CAUSES
    return "CHANUNAVAIL" if is_dead else track.dial_status


def outcome(tracks: Tracks, known: Cast, status: str, rung: tuple[Ring, ...]) -> Outcome:
    """How a call went that nobody answered."""
    if known.direction is Direction.UNKNOWN:
        return Outcome.NO_AGENT
    if tracks.abandoned_at is not None and not status:
        return Outcome.ABANDONED
    why = cause(tracks, known)
    if tracks.left_at is not None and not status and causes.is_normal(why):
        return Outcome.MISSED if rung else Outcome.NO_AGENT
    return causes.unanswered_by(known.direction, why, status, has_rung=bool(rung))


def ended_by(tracks: Tracks, known: Cast, found: tuple[Talk, ...], went: Outcome, at: datetime) -> Side:
    """Who put the receiver down, in a call that was over then."""
    if not found:
        return causes.ended_by(known.direction, went)
    if not known.direction.is_external:
        return Side.UNKNOWN
    clients = {track.uid for track in known.clients}
    parties = {
        track.uid: track for track in tracks.devices if track.uid in clients or track.uid in known.phones
    }
    asked = [(track.asked_at, uid) for uid, track in parties.items() if _is_near(track.asked_at, at)]
    if asked:
        return Side.CLIENT if min(asked)[1] in clients else Side.US
    if any(_is_near(track.cut_at, at) for track in tracks.by_uid.values()):
        return Side.UNKNOWN
    left = [leave for leave in tracks.leaves if leave[2] in parties and at - leave[0] <= SHORTLY_BEFORE]
    if left:
        return Side.CLIENT if min(left)[2] in clients else Side.US
    return _after_the_talk(tracks, known, max(talk.until or talk.since for talk in found))


def _is_near(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and abs(moment - at) <= SHORTLY_BEFORE


def _after_the_talk(tracks: Tracks, known: Cast, since: datetime) -> Side:
    """Sent on to somebody who did not answer: the client gave up, or we did."""
    called = [
        track
        for track in tracks.devices
        if track.uid in known.phones and _at(track) > since and track.dial_status
    ]
    if not called or known.direction is not Direction.IN:
        return Side.UNKNOWN
    return Side.CLIENT if called[-1].dial_status == "CANCEL" else Side.US
