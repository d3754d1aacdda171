"""A call as the exchange's call records tell it, after the fact: whole seconds, no rings, but nothing is missing.

One call has one to eight rows. Rules that hold on every captured call: rows of the dialplan's own clean-up count
nothing; answered is what has a device at its other end, billed seconds and says so.
"""

import re
from typing import Final

from telephony.fold import causes
from telephony.fold.facts import caller_name
from telephony.fold.numbers import is_anonymous, is_extension, to_e164
from telephony.fold.ours import Ours, resource
from telephony.fold.record_rows import Row, Sides, is_device, sides_of
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

_CLEAN_UP: Final = frozenset(("Return", "Hangup"))
_NAME: Final = re.compile(r'^"(.*)"\s*<')
_STATUSES: Final = {
    "NO ANSWER": "NOANSWER",
    "BUSY": "BUSY",
    "CONGESTION": "CONGESTION",
    "FAILED": "CHANUNAVAIL",
}


def fold(rows: list[Row], ours: Ours) -> CallState:
    """The state of a call, by its records alone: they are written when it is over."""
    ordered = sorted(rows, key=lambda row: row.order)
    kept = [
        row for row in ordered if not (row.text("lastapp") in _CLEAN_UP and row.seconds("duration") == 0)
    ] or ordered
    sides = [sides_of(row, ours) for row in kept]
    direction = _direction(sides, ours)
    found = _talks(sides, direction)
    started_at = min((time for row in ordered if (time := row.time("start"))), default=ordered[0].at)
    ended_at = max([started_at, *(time for row in ordered if (time := row.time("end")))])
    answered_at = found[0].since if found else None
    raw, name = _client(sides, direction, ours)
    rung = _rings(sides, direction)
    outcome = Outcome.ANSWERED if found else _unanswered(kept, direction, rung)
    return CallState(
        external_id=ordered[0].linked,
        direction=direction,
        phase=Phase.ENDED,
        outcome=outcome,
        client_raw=raw,
        client_number=to_e164(raw, ours.region) if direction.is_external else "",
        client_name="" if name == raw else name,
        did=_did(sides, direction),
        trunk=_trunk(sides, direction),
        rings=rung,
        talks=found,
        participants=_participants(sides, direction, rung, found),
        answered_by=next((talk.extension for talk in found if talk.extension), ""),
        responsible=next((talk.extension for talk in reversed(found) if talk.extension), "") or _first(rung),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_seconds=talk_seconds(found, ended_at),
        wait_seconds=wait_seconds(started_at, answered_at, ended_at),
        hangup_cause=None,
        dial_status="",
        # Nobody answered: the records do not tell whether the caller gave up or was sent away.
        ended_by=Side.UNKNOWN if found or outcome is Outcome.MISSED else causes.ended_by(direction, outcome),
        queue=_queue(kept),
        legs=_legs(sides),
        recording=next((path for row in ordered if (path := row.text("recordingfile"))), ""),
        recording_size=None,
        flags=frozenset((Flag.HIDDEN_NUMBER,)) if _is_hidden(raw, direction) else frozenset(),
        event_count=len(ordered),
    )


def _is_hidden(raw: str, direction: Direction) -> bool:
    return direction is Direction.IN and is_anonymous(raw) and not is_extension(raw)


def _direction(sides: list[Sides], ours: Ours) -> Direction:
    """As everywhere: what was external once stays so; a line that calls us comes before one that we call."""
    if any(one.from_trunk for one in sides):
        return Direction.IN
    if any(one.to_trunk for one in sides):
        return Direction.OUT
    if any(one.caller and not one.has_mobile and _is_outside(one.row.text("dst"), ours) for one in sides):
        return Direction.OUT
    is_talk = any(one.caller and one.callee and one.caller != one.callee for one in sides)
    return Direction.INTERNAL if is_talk or any(_is_called(one) for one in sides) else Direction.UNKNOWN


def _is_called(one: Sides) -> bool:
    """Whether the row tells of a phone that called something, rather than of one that was called."""
    return (
        bool(one.caller)
        and not one.row.text("lastapp").startswith("AppDial")
        and one.row.text("dst") not in ("", "s")
    )


def _is_outside(number: str, ours: Ours) -> bool:
    is_number = bool(number) and not is_extension(number) and to_e164(number, ours.region) != ""
    return is_number and not ours.colleague(number)


def _talks(sides: list[Sides], direction: Direction) -> tuple[Talk, ...]:
    """The client's answered rows. Of rows for the same extension at the same time, such as a Local channel's, one counts."""
    found: dict[str, Talk] = {}
    for one in sides:
        since, until = one.row.time("answer"), one.row.time("end")
        if not one.row.is_answered or since is None or until is None or not _is_clients(one, direction):
            continue
        extension = _ours(one, direction, sides)
        known = found.get(extension)
        if known is not None and known.until is not None and since <= known.until:
            since, until = min(known.since, since), max(known.until, until)
        found[extension] = Talk(extension, since, until)
    return tuple(sorted(found.values(), key=lambda talk: (talk.since, talk.extension)))


def _is_clients(one: Sides, direction: Direction) -> bool:
    match direction:
        case Direction.IN:
            # A forwarded call has its own rows from a Local channel; they count where the client's row has none.
            return one.from_trunk
        case Direction.OUT:
            return one.to_trunk
    return bool(one.callee)


def _ours(one: Sides, direction: Direction, sides: list[Sides]) -> str:
    if direction is not Direction.OUT:
        return one.callee
    return one.caller or next(
        (other.caller or other.callee for other in sides if other.caller or other.callee), ""
    )


def _rings(sides: list[Sides], direction: Direction) -> tuple[Ring, ...]:
    """Who was called, by the rows' other ends; when each began to ring is not in the records."""
    found: dict[str, Ring] = {}
    for one in sides:
        at = one.row.time("start") or one.row.at
        if direction is Direction.OUT and not (one.to_trunk or _is_called(one)):
            continue
        extension = _ours(one, direction, sides) if direction is Direction.OUT else one.callee
        if direction is Direction.UNKNOWN:
            extension = one.caller
        if extension and not (direction is Direction.INTERNAL and extension == one.caller):
            found.setdefault(extension, Ring((extension,), at, is_synthetic=True))
    return tuple(sorted(found.values(), key=lambda ring: (ring.at, ring.key)))


def _first(rung: tuple[Ring, ...]) -> str:
    return rung[0].extensions[0] if rung else ""


def _client(sides: list[Sides], direction: Direction, ours: Ours) -> tuple[str, str]:
    match direction:
        case Direction.IN:
            row = next(one.row for one in sides if one.from_trunk)
            raw = row.text("src")
            match = _NAME.match(row.text("clid").replace('""', '"'))
            return raw[:64], caller_name(match[1]) if match else ""
        case Direction.OUT:
            numbers = [one.row.text("dst") for one in sides if one.to_trunk] + [
                one.row.text("dst") for one in sides
            ]
            return next((text for text in numbers if _is_outside(text, ours)), numbers[0] if numbers else "")[
                :64
            ], ""
    return next((one.caller for one in sides if one.caller), ""), ""


def _did(sides: list[Sides], direction: Direction) -> str:
    return (
        next((did for one in sides if (did := one.row.text("did"))), "")[:64]
        if direction is Direction.IN
        else ""
    )


def _trunk(sides: list[Sides], direction: Direction) -> str:
    if not direction.is_external:
        return ""
    names = [one.row.text("channel") for one in sides if one.from_trunk]
    names += [one.row.text("dstchannel") for one in sides if one.to_trunk]
    return resource(names[0])[:100] if names else ""


def _participants(
    sides: list[Sides], direction: Direction, rung: tuple[Ring, ...], found: tuple[Talk, ...]
) -> tuple[Participant, ...]:
    people: dict[str, Participant] = {}
    answered = {talk.extension: talk.since for talk in reversed(found)}
    if direction is not Direction.IN:
        caller = next((one.caller for one in sides if one.caller), "")
        if caller:
            people[caller] = Participant(caller, None, answered.get(caller), is_caller=True)
    for ring in rung:
        for extension in ring.extensions:
            people.setdefault(extension, Participant(extension, ring.at, answered.get(extension)))
    return tuple(people.values())


def _unanswered(rows: list[Row], direction: Direction, rung: tuple[Ring, ...]) -> Outcome:
    last = rows[-1]
    if direction is Direction.UNKNOWN:
        return Outcome.NO_AGENT
    if direction is Direction.IN and any(row.text("lastapp") == "Queue" for row in rows):
        return Outcome.ABANDONED
    status = _STATUSES.get(last.text("disposition"), "")
    if direction is Direction.IN:
        if not rung:
            # A phone that is not connected has no channel; without any dialling the caller gave up.
            return Outcome.UNAVAILABLE if status in ("CONGESTION", "CHANUNAVAIL") else Outcome.ABANDONED
        status = "CHANUNAVAIL" if status == "CONGESTION" else status
    elif status == "CHANUNAVAIL":
        return Outcome.FAILED
    return causes.unanswered_by(direction, None, status or "NOANSWER", has_rung=bool(rung))


def _queue(rows: list[Row]) -> str:
    queues = [row.text("lastdata") for row in rows if row.text("lastapp") == "Queue"]
    return queues[-1].partition(",")[0][:80] if queues else ""


def _legs(sides: list[Sides]) -> tuple[Leg, ...]:
    """One for each device that the rows name."""
    legs: dict[str, Leg] = {}
    for one in sides:
        row = one.row
        ends = (
            (row.text("channel"), one.from_trunk, one.caller),
            (row.text("dstchannel"), one.to_trunk, one.callee),
        )
        for place, (device, is_trunk, extension) in enumerate(ends):
            if not is_device(device) or device in legs:
                continue
            legs[device] = Leg(
                channel=device[:150],
                device=device[:150],
                role=Role.CLIENT if is_trunk else Role.AGENT,
                extension="" if is_trunk else extension,
                number=row.text("src" if place == 0 else "dst")[:64],
                began_at=row.time("start"),
                rang_at=row.time("start") if place else None,
                answered_at=row.time("answer"),
                ended_at=row.time("end"),
                dial_status=_STATUSES.get(row.text("disposition"), "ANSWER") if place else "",
            )
    return tuple(legs.values())
