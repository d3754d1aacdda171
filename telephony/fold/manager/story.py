"""Puts the parts together: the packets of one call -> `CallState`."""

from datetime import datetime, timedelta
from typing import Final

from telephony.fold.manager import ending as endings
from telephony.fold.manager.cast import Cast, cast, dialled_number, line
from telephony.fold.manager.heard import Heard
from telephony.fold.manager.talks import talks
from telephony.fold.manager.tracks import Track, Tracks, follow
from telephony.fold.numbers import is_anonymous, is_extension, to_e164
from telephony.fold.ours import Ours, resource
from telephony.fold.state import (
    CallState,
    Direction,
    Flag,
    Leg,
    Outcome,
    Participant,
    Phase,
    Ring,
    Role,
    Side,
    Talk,
)
from telephony.fold.times import talk_seconds, wait_seconds

# Phones that begin to ring within this time and while the others still ring were called together.
TOGETHER: Final = timedelta(seconds=1)


def fold(ordered: list[Heard], ours: Ours) -> CallState:
    """The state of a call, by the manager interface alone. The events are in order, at least one."""
    tracks = follow(ordered)
    known = cast(tracks, ours)
    found = talks(tracks, known)
    rung = rings(tracks, known)
    over = endings.ending(tracks, known, found)
    status = endings.dial_status(tracks, known)
    went = _outcome(tracks, known, found, rung, over, status)
    started_at = min(event.at for event in ordered)
    answered_at = found[0].since if found else None
    ended_at = over.at if over else None
    raw, number, name = _client(tracks, known, ours)
    return CallState(
        external_id=ordered[0].linked,
        direction=known.direction,
        phase=_phase(ended_at is not None, bool(found), bool(rung)),
        outcome=went,
        client_raw=raw,
        client_number=number,
        client_name=name,
        did=line(known),
        trunk=next((resource(track.device) for track in known.clients if track in known.trunks), "")[:100],
        rings=rung,
        talks=found,
        participants=_participants(tracks, known, rung, found),
        answered_by=next((talk.extension for talk in found if talk.extension), ""),
        responsible=_responsible(known, rung, found),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_seconds=None if went is Outcome.LOST and found else talk_seconds(found, ended_at),
        wait_seconds=wait_seconds(started_at, answered_at, ended_at),
        hangup_cause=endings.cause(tracks, known) if over else None,
        dial_status=status if over else "",
        ended_by=endings.ended_by(tracks, known, found, went, over.at)
        if over and not over.is_lost
        else Side.UNKNOWN,
        queue=tracks.queue,
        legs=_legs(tracks, known),
        recording="",
        recording_size=None,
        flags=_flags(tracks, known, raw, rung),
        event_count=len(ordered),
    )


def _phase(is_over: bool, is_answered: bool, has_rung: bool) -> Phase:
    if is_over:
        return Phase.ENDED
    return Phase.TALKING if is_answered else Phase.RINGING if has_rung else Phase.NEW


def _outcome(
    tracks: Tracks,
    known: Cast,
    found: tuple[Talk, ...],
    rung: tuple[Ring, ...],
    over: endings.Ending | None,
    status: str,
) -> Outcome:
    if over is not None and over.is_lost:
        return Outcome.LOST
    if found:
        return Outcome.ANSWERED
    return Outcome.NONE if over is None else endings.outcome(tracks, known, status, rung)


def rings(tracks: Tracks, known: Cast) -> tuple[Ring, ...]:
    """Sets of extensions that rang together, in order. Of an outgoing call the caller's own, as its line was dialled."""
    found: dict[str, Ring] = {}
    if known.direction is Direction.OUT and known.caller is not None:
        dialled = [track.rang_at for track in known.clients if track.rang_at]
        own = Ring((known.phones[known.caller.uid],), min(dialled, default=known.caller.seen_at))
        if own.key:
            found[own.key] = own
    for ring in _together([track for track in tracks.devices if _rang(track, known)], known):
        found.setdefault(ring.key, ring)
    return tuple(sorted(found.values(), key=lambda ring: (ring.at, ring.key)))


def _rang(track: Track, known: Cast) -> bool:
    """Our phones that were called. One that answered or ended without having been seen to ring did ring."""
    if not known.phones.get(track.uid) or track is known.caller or not track.was_dialled:
        return False
    return track.rang_at is not None or bool(track.moves) or track.ended_at is not None


def _together(rang: list[Track], known: Cast) -> list[Ring]:
    sets: list[list[Track]] = []
    for track in sorted(rang, key=lambda track: (_rang_at(track), track.uid)):
        at = _rang_at(track)
        last = sets[-1] if sets else []
        if (
            last
            and at - _rang_at(last[0]) <= TOGETHER
            and all(other.dialled_until is None or other.dialled_until > at for other in last)
        ):
            last.append(track)
        else:
            sets.append([track])
    return [
        Ring(
            tuple(dict.fromkeys(known.phones[track.uid] for track in one)),
            _rang_at(one[0]),
            is_synthetic=all(track.rang_at is None for track in one),
        )
        for one in sets
    ]


def _rang_at(track: Track) -> datetime:
    return track.rang_at or track.began_at or track.seen_at


def _client(tracks: Tracks, known: Cast, ours: Ours) -> tuple[str, str, str]:
    """The client's number as it came, in E.164, and the name."""
    match known.direction:
        case Direction.OUT:
            raw = dialled_number(known, ours)
            return raw, to_e164(raw, ours.region), ""
        case Direction.IN:
            raw = next((track.number for track in known.clients if track.number), "")
            name = next((track.name for track in known.clients if track.name), "")
            return raw, to_e164(raw, ours.region), "" if name == raw else name
    if known.caller is None:
        return "", "", ""
    return known.phones[known.caller.uid], "", known.caller.name


def _responsible(known: Cast, rung: tuple[Ring, ...], found: tuple[Talk, ...]) -> str:
    """Who talked last, else who rang first, else who called."""
    last = next((talk.extension for talk in reversed(found) if talk.extension), "")
    caller = known.phones.get(known.caller.uid, "") if known.caller else ""
    return last or (rung[0].extensions[0] if rung else caller)


def _participants(
    tracks: Tracks, known: Cast, rung: tuple[Ring, ...], found: tuple[Talk, ...]
) -> tuple[Participant, ...]:
    """Every extension that had a part, the caller first, then as they came in."""
    people: dict[str, Participant] = {}
    caller = known.phones.get(known.caller.uid, "") if known.caller else ""
    answered = {
        known.phones[track.uid]: track.answered_at for track in tracks.devices if track.uid in known.phones
    }
    answered.update({talk.extension: talk.since for talk in reversed(found)})
    if caller:
        people[caller] = Participant(caller, None, answered.get(caller), is_caller=True)
    for ring in rung:
        for extension in ring.extensions:
            people.setdefault(extension, Participant(extension, ring.at, answered.get(extension)))
    for track in tracks.devices:
        extension = known.phones.get(track.uid, "")
        if extension and extension not in people:
            people[extension] = Participant(extension, track.rang_at, answered.get(extension))
    return tuple(people.values())


def _legs(tracks: Tracks, known: Cast) -> tuple[Leg, ...]:
    clients = {track.uid for track in known.clients}
    return tuple(
        Leg(
            channel=track.uid[:150],
            device=track.device[:150],
            role=_role(track, known, clients),
            extension=known.phones.get(track.uid, ""),
            number=track.number,
            began_at=track.began_at or track.seen_at,
            rang_at=track.rang_at,
            answered_at=track.answered_at
            or next((at for at, _bridge, enters in track.moves if enters), None),
            ended_at=track.ended_at,
            cause=track.cause,
            dial_status=track.dial_status,
        )
        for track in tracks.devices
    )


def _role(track: Track, known: Cast, clients: set[str]) -> Role:
    if track.uid in known.phones:
        return Role.AGENT
    return Role.CLIENT if track.uid in clients else Role.TRUNK


def _flags(tracks: Tracks, known: Cast, raw: str, rung: tuple[Ring, ...]) -> frozenset[Flag]:
    is_hidden = known.direction is Direction.IN and is_anonymous(raw) and not is_extension(raw)
    found = {
        Flag.SYNTHETIC_RING: any(ring.is_synthetic for ring in rung),
        Flag.HIDDEN_NUMBER: is_hidden,
        Flag.RECORDED: tracks.is_recorded,
    }
    return frozenset(flag for flag, is_set in found.items() if is_set)
