"""Our side of the call: whose phones rang, who answered, who talked last."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from telephony.fold.causes import ANSWER_WORDS
from telephony.fold.channels import Channels
from telephony.fold.facts import Seen, device_extension
from telephony.fold.numbers import is_extension
from telephony.fold.state import Direction, Participant, Ring, Talk

MAX_INTERNAL = 10


def rings(channels: Channels) -> tuple[Ring, ...]:
    """Each distinct set of extensions that was dialled, in order; a hunt or transfer adds sets.

    Where the dial event is missing, the answer or the hang-up that names extensions stands in for it.
    """
    found: dict[str, Ring] = {}
    # The client's own channel first: with click-to-call the agent's phone rings before there is a call to anybody.
    for event in sorted(
        channels.of_calls, key=lambda event: (event.channel not in channels.main, event.order)
    ):
        ring = Ring(ringing(event, channels.direction), event.at)
        if event.kind == "dial" and ring.extensions:
            found.setdefault(ring.key, ring)
    known = {extension for ring in found.values() for extension in ring.extensions}
    for event in channels.of_calls:
        ring = Ring(_named(event, channels.direction), event.at, is_synthetic=True)
        if event.kind in ("bridge", "hangup") and ring.extensions and known.isdisjoint(ring.extensions):
            found.setdefault(ring.key, ring)
            known.update(ring.extensions)
    return tuple(sorted(found.values(), key=lambda ring: (ring.at, ring.key)))


def ringing(event: Seen, direction: Direction) -> tuple[str, ...]:
    """The internal numbers that an event names; for an outbound one without any, the caller."""
    internal = tuple(text for text in event.extensions if _is_internal(text))
    if not internal and direction is Direction.OUT and is_extension(event.number):
        return (event.number,)
    return internal


def _named(event: Seen, direction: Direction) -> tuple[str, ...]:
    named = ringing(event, direction)
    if named or event.kind != "bridge":
        return named
    answering = _answering(event, direction)
    return (answering,) if answering else ()


def talks(channels: Channels) -> tuple[Talk, ...]:
    """The stretches in which the client and one of us spoke.

    A talk ends with the channel, or when the same channel is dialled on (a transfer) or answered again.
    """
    found = [talk for channel in sorted(channels.main) for talk in _channel_talks(channels, channel)]
    return tuple(sorted(found, key=lambda talk: (talk.since, talk.extension)))


def _channel_talks(channels: Channels, channel: str) -> Iterable[Talk]:
    events = [event for event in channels.of_main if event.channel == channel and event.kind != "hangup"]
    died = channels.died_at.get(channel)
    agent = ""
    for event, following in pairwise([*events, None]):
        if event is None or event.kind != "bridge":
            continue
        agent = _answering(event, channels.direction) or agent
        until = following.at if following else died
        if died is not None and until is not None:
            until = min(until, max(died, event.at))
        yield Talk(agent, event.at, max(until, event.at) if until else None)


def _answering(bridge: Seen, direction: Direction) -> str:
    """The extension of our side in a bridge event: what the event says is connected, else the answering device."""
    if direction is Direction.OUT:
        return next(iter(ringing(bridge, direction)), "")
    for text in (bridge.connected, device_extension(bridge.device)):
        if text and is_extension(text):
            return text
    return bridge.extensions[0] if len(bridge.extensions) == 1 and _is_internal(bridge.extensions[0]) else ""


def answered_by(channels: Channels, found: tuple[Talk, ...], *, is_answered: bool) -> str:
    """Who answered first."""
    if not is_answered:
        return ""
    first = next((talk.extension for talk in found if talk.extension), "")
    return first or _last_connected(channels) or _caller_out(channels)


def responsible(
    channels: Channels, rung: tuple[Ring, ...], found: tuple[Talk, ...], *, is_answered: bool
) -> str:
    """Whose call it is: who talked last, else who rang first.

    After an attended transfer only the last hang-up tells who was connected in the end.
    """
    if is_answered:
        last = next((talk.extension for talk in reversed(found) if talk.extension), "")
        connected = _last_connected(channels) if channels.ended_at else ""
        if who := connected or last or _caller_out(channels):
            return who
    return rung[0].extensions[0] if rung else _caller(channels)


def _last_connected(channels: Channels) -> str:
    hangup = channels.last_hangup
    if hangup is None or channels.direction is Direction.OUT:
        return ""
    if hangup.dial_status and hangup.dial_status not in ANSWER_WORDS:
        return ""  # the last one who was called did not answer: a transfer that went nowhere
    return hangup.connected if is_extension(hangup.connected) else ""


def participants(
    channels: Channels, rung: tuple[Ring, ...], found: tuple[Talk, ...]
) -> tuple[Participant, ...]:
    """Every extension that had a part, in the order in which they came in."""
    people: dict[str, Participant] = {}
    caller = _caller(channels)
    if caller:
        people[caller] = Participant(caller, None, None, is_caller=True)
    for ring in rung:
        for extension in ring.extensions:
            if extension != caller:
                people.setdefault(extension, Participant(extension, ring.at, None))
    for extension, at in _answers(channels, found):
        known = people.get(extension)
        if known is None or known.answered_at is None:
            rang_at, is_caller = (known.rang_at, known.is_caller) if known else (None, False)
            people[extension] = Participant(extension, rang_at, at, is_caller)
    last = _last_connected(channels) if found else ""
    if last and last not in people:
        people[last] = Participant(last, None, None)
    return tuple(people.values())


def _answers(channels: Channels, found: tuple[Talk, ...]) -> list[tuple[str, datetime]]:
    answers = [(talk.extension, talk.since) for talk in found if talk.extension]
    for event in channels.of_calls:
        if event.kind == "bridge" and event.channel not in channels.main:
            extension = _answering(event, Direction.INTERNAL)
            if extension:
                answers.append((extension, event.at))
    return sorted(answers, key=lambda pair: pair[1])


def _caller(channels: Channels) -> str:
    """The extension that placed an outbound or internal call."""
    if channels.direction is Direction.OUT:
        return _caller_out(channels)
    if channels.direction is Direction.INTERNAL:
        return next((event.number for event in channels.of_main if is_extension(event.number)), "")
    return ""


def _caller_out(channels: Channels) -> str:
    if channels.direction is not Direction.OUT:
        return ""
    return next((found[0] for event in channels.of_main if (found := ringing(event, Direction.OUT))), "")


def _is_internal(text: str) -> bool:
    return len(text) <= MAX_INTERNAL and "+" not in text
