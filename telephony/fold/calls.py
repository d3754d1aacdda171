"""Puts the parts together: the events of one call -> `CallState`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from telephony.fold import causes, client, people, recording
from telephony.fold.channels import Channels
from telephony.fold.facts import Seen
from telephony.fold.numbers import is_anonymous, is_extension
from telephony.fold.state import CallState, Direction, Flag, Outcome, Phase, Ring, Talk

SKEW = timedelta(minutes=2)
LONGEST_CALL = timedelta(hours=12)


def fold(events: Iterable[Seen], region: str) -> CallState:
    """The state of a call. At least one event; repeats (by key) count once, the order of the input does not matter.

    Durations come from the times of receipt: the exchange's own wall clock has no zone and whole seconds only.
    """
    ordered = _first_of_each(events)
    channels = Channels(ordered)
    talks = people.talks(channels)
    rings = people.rings(channels)
    hangup = channels.last_hangup
    ended_at = channels.ended_at
    is_answer_unseen = not talks and any(causes.says_answered(event) for event in channels.hangups)
    is_answered = bool(talks) or is_answer_unseen
    started_at, is_skewed = _started(ordered)
    answered_at = talks[0].since if talks else None
    who = client.find(channels, region)
    took = recording.find(channels)
    answered_by = people.answered_by(channels, talks, is_answered=is_answered)
    return CallState(
        external_id=ordered[0].linked,
        direction=channels.direction,
        phase=_phase(ended_at, rings, is_answered=is_answered),
        outcome=_outcome(channels, ended_at, hangup, rings, is_answered=is_answered),
        client_raw=who.raw,
        client_number=who.number,
        client_name=who.name,
        did=who.did,
        trunk=channels.first_text("trunk"),
        rings=rings,
        talks=talks,
        participants=people.participants(channels, rings, talks),
        answered_by=answered_by,
        responsible=people.responsible(channels, rings, talks, is_answered=is_answered),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_seconds=_talk_seconds(talks, ended_at, is_answer_unseen=is_answer_unseen),
        wait_seconds=_wait_seconds(started_at, answered_at, ended_at),
        hangup_cause=hangup.cause if hangup and ended_at else None,
        dial_status=hangup.dial_status if hangup and ended_at else "",
        recording=took.path if is_answered else "",
        recording_size=took.size if is_answered else None,
        flags=_flags(ordered, rings, who.raw, channels.direction, is_answer_unseen, is_skewed),
        event_count=len(ordered),
    )


def _first_of_each(events: Iterable[Seen]) -> list[Seen]:
    first: dict[str, Seen] = {}
    for event in sorted(events, key=lambda event: event.order):
        first.setdefault(event.key, event)
    return list(first.values())


def _started(ordered: list[Seen]) -> tuple[datetime, bool]:
    """When the call began, and whether the exchange's clock disagrees with ours.

    Without a start event the wall clock says what receipt cannot.
    """
    first = ordered[0]
    start = next((event for event in ordered if event.kind == "start"), None)
    if start is not None:
        return min(start.at, first.at), bool(start.wall_start and abs(start.wall_start - start.at) > SKEW)
    wall = next((event.wall_start for event in ordered if event.wall_start), None)
    if wall is not None and timedelta() <= first.at - wall <= LONGEST_CALL:
        return wall, False
    return first.at, bool(wall and wall > first.at + SKEW)


def _phase(ended_at: datetime | None, rings: tuple[Ring, ...], *, is_answered: bool) -> Phase:
    if ended_at is not None:
        return Phase.ENDED
    if is_answered:
        return Phase.TALKING
    return Phase.RINGING if rings else Phase.NEW


def _outcome(
    channels: Channels,
    ended_at: datetime | None,
    hangup: Seen | None,
    rings: tuple[Ring, ...],
    *,
    is_answered: bool,
) -> Outcome:
    if is_answered:
        return Outcome.ANSWERED
    if ended_at is None:
        return Outcome.NONE
    telling = next((event for event in reversed(channels.hangups) if event.dial_status), hangup)
    return causes.unanswered(channels.direction, telling, has_rung=bool(rings))


def _talk_seconds(
    talks: tuple[Talk, ...], ended_at: datetime | None, *, is_answer_unseen: bool
) -> int | None:
    """Whole seconds of talk; None while somebody talks and when the answer was not seen."""
    if is_answer_unseen or (talks and ended_at is None):
        return None
    return round(sum(((talk.until or talk.since) - talk.since).total_seconds() for talk in talks))


def _wait_seconds(started_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> int:
    until = answered_at or ended_at
    return max(0, round((until - started_at).total_seconds())) if until else 0


def _flags(
    ordered: list[Seen],
    rings: tuple[Ring, ...],
    client_raw: str,
    direction: Direction,
    is_answer_unseen: bool,
    is_skewed: bool,
) -> frozenset[Flag]:
    is_hidden = direction is Direction.IN and is_anonymous(client_raw) and not is_extension(client_raw)
    found = {
        Flag.SYNTHETIC_RING: any(ring.is_synthetic for ring in rings),
        Flag.DEGRADED: any(event.is_degraded for event in ordered),
        Flag.ANSWER_UNSEEN: is_answer_unseen,
        Flag.CLOCK_SKEW: is_skewed,
        Flag.HIDDEN_NUMBER: is_hidden,
    }
    return frozenset(flag for flag, is_set in found.items() if is_set)
