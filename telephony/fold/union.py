"""Joins what several sources say of one call.

The manager interface is best for times and channels, the dialplan for the names of lines and what it was asked to send,
the call records for what nobody saw. None contradicts a better one; each fills what the better one does not know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from telephony.fold.facts import Seen
from telephony.fold.manager import GONE, Heard
from telephony.fold.state import (
    CallState,
    Flag,
    Outcome,
    Participant,
    Phase,
    Ring,
    Role,
    Side,
    Talk,
)
from telephony.fold.times import talk_seconds, wait_seconds

# The records have whole seconds, and the dialplan's last post is some milliseconds before the channel's end.
NEAR: Final = timedelta(seconds=2)
LONG_AGO: Final = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sources:
    """One call by each source, None where it is silent, and the events that it was folded from."""

    posted: CallState | None
    heard: CallState | None
    recorded: CallState | None
    posts: list[Seen]
    packets: list[Heard]
    swept_at: datetime | None = None
    record_end: datetime | None = None


def join(sources: Sources) -> CallState:
    """The call by all of them."""
    live = _live(sources)
    state = live or sources.recorded
    if state is None:
        raise ValueError("a call needs an event")
    if live is not None and sources.recorded is not None:
        state = _with_records(live, sources.recorded, sources)
    if sources.record_end is not None and state.outcome is Outcome.LOST:
        state = _ended_unseen(state, sources.record_end, sources.packets)
    if sources.swept_at is not None and state.ended_at is None and sources.swept_at >= _last(sources):
        state = _lost(state, sources.swept_at)
    found = (sources.heard, sources.posted, sources.recorded)
    return _finished(replace(state, event_count=sum(one.event_count for one in found if one is not None)))


def _last(sources: Sources) -> datetime:
    """The latest time at which the call was seen alive."""
    live = [packet.at for packet in sources.packets if packet.kind != GONE]
    return max([*live, *(post.at for post in sources.posts)], default=LONG_AGO)


def _live(sources: Sources) -> CallState | None:
    heard, posted = sources.heard, sources.posted
    if heard is None or posted is None:
        return heard or posted
    # What the dialplan says outright is better than what is concluded from channels' names.
    is_doubtful = posted.direction.is_external and heard.direction is not posted.direction
    base, other = (posted, heard) if is_doubtful else (heard, posted)
    ending = _ending(heard, posted, sources)
    talks = _open_again(base, sources.packets) or _open_again(other, sources.packets)
    who = base if base.client_raw or base.client_number else other
    speaking = base if base.talks or not other.talks else other
    is_answered = bool(talks) or posted.is_answered
    rings = _rings(heard.rings, posted.rings)
    return replace(
        base,
        external_id=min((heard, posted), key=lambda one: one.started_at).external_id,
        client_raw=who.client_raw,
        client_number=who.client_number,
        client_name=who.client_name or base.client_name or other.client_name,
        did=posted.did or heard.did,
        trunk=posted.trunk or heard.trunk,
        rings=rings,
        talks=talks,
        participants=_people(base.participants, other.participants),
        answered_by=speaking.answered_by or posted.answered_by,
        responsible=speaking.responsible or other.responsible or base.responsible,
        started_at=min(heard.started_at, posted.started_at),
        answered_at=talks[0].since if talks else None,
        ended_at=ending.ended_at if ending else None,
        outcome=_outcome(ending, is_answered=is_answered),
        hangup_cause=(ending.hangup_cause or heard.hangup_cause or posted.hangup_cause) if ending else None,
        dial_status=(posted.dial_status or heard.dial_status) if ending else "",
        ended_by=(heard.ended_by or posted.ended_by) if ending else Side.UNKNOWN,
        queue=heard.queue or posted.queue,
        legs=heard.legs,
        recording=posted.recording,
        recording_size=posted.recording_size,
        flags=heard.flags | posted.flags,
    )


def _outcome(ending: CallState | None, *, is_answered: bool) -> Outcome:
    if ending is not None and ending.outcome is Outcome.LOST:
        return Outcome.LOST
    if is_answered:
        return Outcome.ANSWERED
    return ending.outcome if ending is not None else Outcome.NONE


def _ending(heard: CallState, posted: CallState, sources: Sources) -> CallState | None:
    """Who of them tells how it ended; None while it goes on.

    The dialplan's word counts where the manager interface saw no end, unless that saw the client alive afterwards.
    """
    is_seen = heard.ended_at is not None and heard.outcome is not Outcome.LOST
    if is_seen and (heard.direction.is_external or not posted.direction.is_external):
        return heard
    if posted.ended_at is not None and _clients_last(heard, sources) <= posted.ended_at + NEAR:
        return posted
    return heard if heard.ended_at is not None else None


def _clients_last(heard: CallState, sources: Sources) -> datetime:
    clients = {leg.channel for leg in heard.legs if leg.role is Role.CLIENT}
    alive = [packet.at for packet in sources.packets if packet.channel in clients and packet.kind != GONE]
    return max(alive, default=heard.started_at)


def _with_records(live: CallState, recorded: CallState, sources: Sources) -> CallState:
    """The gaps of what was seen, filled from the records."""
    is_ours = live.direction.is_external or not recorded.direction.is_external
    who = live if is_ours and (live.client_raw or live.client_number) else recorded
    is_end_told = live.ended_at is not None and live.outcome is not Outcome.LOST
    ended_at = live.ended_at if is_end_told or not _is_over(live, recorded, sources) else recorded.ended_at
    if ended_at is not None:
        ended_at = max(ended_at, live.started_at)
    is_lost = live.outcome is Outcome.LOST and ended_at == live.ended_at
    is_answer_new = not live.is_answered and recorded.is_answered
    is_answered = live.is_answered or recorded.is_answered
    talks = _open_again(live, sources.packets) or (recorded.talks if is_answer_new else ())
    unanswered = live.outcome if is_end_told else recorded.outcome
    return replace(
        live,
        direction=live.direction if is_ours else recorded.direction,
        outcome=Outcome.LOST
        if is_lost
        else Outcome.ANSWERED
        if is_answered
        else unanswered
        if ended_at
        else Outcome.NONE,
        client_raw=who.client_raw,
        client_number=who.client_number,
        client_name=who.client_name or live.client_name,
        did=live.did or recorded.did,
        trunk=live.trunk or recorded.trunk,
        rings=_rings(live.rings, () if live.rings else recorded.rings),
        talks=talks,
        participants=_people(live.participants, recorded.participants)
        if is_answer_new
        else live.participants or recorded.participants,
        answered_by=live.answered_by or recorded.answered_by,
        responsible=recorded.responsible if is_answer_new else live.responsible or recorded.responsible,
        answered_at=live.answered_at or (recorded.answered_at if is_answer_new else None),
        ended_at=ended_at,
        ended_by=Side.UNKNOWN if is_answer_new else live.ended_by if is_end_told else recorded.ended_by,
        queue=live.queue or recorded.queue,
        legs=live.legs or recorded.legs,
        recording=live.recording or recorded.recording,
        flags=live.flags | (recorded.flags - {Flag.SYNTHETIC_RING}),
    )


def _open_again(live: CallState, packets: list[Heard]) -> tuple[Talk, ...]:
    """The talks; those that went on when we lost sight of them have no end yet."""
    if live.outcome is not Outcome.LOST:
        return live.talks
    cut = _last_signs(packets) | {live.ended_at}
    return tuple(replace(talk, until=None) if talk.until in cut else talk for talk in live.talks)


def _last_signs(packets: list[Heard]) -> set[datetime | None]:
    """When each channel was heard of last before the latest gap: a moment of its own, of which a talk's end is the first."""
    gone = [packet for packet in packets if packet.kind == GONE]
    latest = max((packet.text("noticed") for packet in gone), default="")
    return {packet.at for packet in gone if packet.text("noticed") == latest}


def _is_over(live: CallState, recorded: CallState, sources: Sources) -> bool:
    """Whether the records may end a call that nobody saw ending.

    Each part of a transferred call is recorded when it ends, the rest later. So while the manager interface sees the
    client's channel the records do not count: should we lose sight of it, that is known by itself.
    """
    if live.outcome is Outcome.LOST:
        return True
    if sources.heard is not None and any(
        leg.role is Role.CLIENT and leg.ended_at is None for leg in sources.heard.legs
    ):
        return False
    return recorded.ended_at is not None and _last(sources) <= recorded.ended_at + NEAR


def _ended_unseen(state: CallState, at: datetime, packets: list[Heard]) -> CallState:
    """The channel records know when; how, only if somebody had answered."""
    at = max(at, state.answered_at or state.started_at)
    outcome = Outcome.ANSWERED if state.is_answered else Outcome.LOST
    return replace(state, ended_at=at, outcome=outcome, talks=_open_again(state, packets))


def _lost(state: CallState, at: datetime) -> CallState:
    return replace(state, ended_at=at, outcome=Outcome.LOST)


def _rings(first: tuple[Ring, ...], second: tuple[Ring, ...]) -> tuple[Ring, ...]:
    """The first's, and of the second those that the first knows nothing of; concluded ones only where none was reported.

    A set that the dialplan dials and the manager interface sees in part is as that saw it: the others did not ring, or
    do so later.
    """
    reported = [ring for ring in first if not ring.is_synthetic]
    known = {name for ring in reported for name in ring.extensions}
    reported += [ring for ring in second if not ring.is_synthetic and known.isdisjoint(ring.extensions)]
    known.update(name for ring in reported for name in ring.extensions)
    for ring in (*first, *second):
        rest = tuple(name for name in ring.extensions if name not in known)
        if ring.is_synthetic and rest:
            reported.append(replace(ring, extensions=rest))
            known.update(rest)
    return tuple(sorted(reported, key=lambda ring: (ring.at, ring.key)))


def _people(first: Iterable[Participant], second: Iterable[Participant]) -> tuple[Participant, ...]:
    people = {person.extension: person for person in first}
    for person in second:
        known = people.get(person.extension)
        if known is None:
            people[person.extension] = person
        else:
            people[person.extension] = replace(
                known,
                rang_at=known.rang_at or (None if known.is_caller else person.rang_at),
                answered_at=known.answered_at or person.answered_at,
            )
    return tuple(people.values())


def _finished(state: CallState) -> CallState:
    """What follows from the rest: phase, seconds, and what an unanswered call does not have."""
    talks = tuple(_closed(talk, state.ended_at) for talk in state.talks)
    is_answered = bool(talks) or state.is_answered
    is_time_known = bool(talks) or not is_answered
    flags = state.flags - {Flag.SYNTHETIC_RING, *((Flag.ANSWER_UNSEEN,) if talks else ())}
    if any(ring.is_synthetic for ring in state.rings) and Flag.SYNTHETIC_RING in state.flags:
        flags |= {Flag.SYNTHETIC_RING}
    return replace(
        state,
        talks=talks,
        phase=_phase(state, is_answered),
        talk_seconds=talk_seconds(talks, state.ended_at)
        if is_time_known and not (talks and state.outcome is Outcome.LOST)
        else None,
        wait_seconds=wait_seconds(state.started_at, state.answered_at, state.ended_at),
        recording=state.recording if is_answered else "",
        recording_size=state.recording_size if is_answered else None,
        flags=flags,
    )


def _closed(talk: Talk, ended_at: datetime | None) -> Talk:
    if ended_at is None:
        return talk
    until = ended_at if talk.until is None else min(talk.until, ended_at)
    return replace(talk, until=max(until, talk.since))


def _phase(state: CallState, is_answered: bool) -> Phase:
    if state.ended_at is not None:
        return Phase.ENDED
    return Phase.TALKING if is_answered else Phase.RINGING if state.rings else Phase.NEW
