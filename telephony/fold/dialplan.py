"""A call as the dialplan tells it: what it posts at the beginning, for ringing, the answer and the end."""

from datetime import datetime, timedelta

from telephony.fold import causes, client, people, recording
from telephony.fold.channels import Channels
from telephony.fold.facts import Seen
from telephony.fold.numbers import is_anonymous, is_extension
from telephony.fold.state import CallState, Direction, Flag, Outcome, Phase, Ring
from telephony.fold.times import talk_seconds, wait_seconds

SKEW = timedelta(minutes=2)
LONGEST_CALL = timedelta(hours=12)


def fold(ordered: list[Seen], region: str) -> CallState:
    """The state of a call, by the dialplan alone. The events are in order, at least one.

    Durations come from the times of receipt: the exchange's own wall clock has no zone and whole seconds only.
    """
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
    outcome = _outcome(channels, ended_at, hangup, rings, is_answered=is_answered)
    return CallState(
        external_id=ordered[0].linked,
        direction=channels.direction,
        phase=_phase(ended_at, rings, is_answered=is_answered),
        outcome=outcome,
        client_raw=who.raw,
        client_number=who.number,
        client_name=who.name,
        did=who.did,
        trunk=channels.first_text("trunk"),
        rings=rings,
        talks=talks,
        participants=people.participants(channels, rings, talks),
        answered_by=people.answered_by(channels, talks, is_answered=is_answered),
        responsible=people.responsible(channels, rings, talks, is_answered=is_answered),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_seconds=None if is_answer_unseen else talk_seconds(talks, ended_at),
        wait_seconds=wait_seconds(started_at, answered_at, ended_at),
        hangup_cause=hangup.cause if hangup and ended_at else None,
        dial_status=hangup.dial_status if hangup and ended_at else "",
        ended_by=causes.ended_by(channels.direction, outcome),
        queue=channels.first_text("queue"),
        legs=(),
        recording=took.path,
        recording_size=took.size,
        flags=_flags(ordered, rings, who.raw, channels.direction, is_answer_unseen, is_skewed),
        event_count=len(ordered),
    )


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
