"""What happened while nobody listened: the channels that the exchange has now against those that we believe to be open. Pure.

Channels that are gone get a `HubGone`; of those that came, rang or began to talk meanwhile the events are made up that the
exchange would have sent. Each says so (`HubRebuilt`), and is the same again when it is made again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from telephony.ami.kept import GONE, synthetic
from telephony.ami.packets import Packet, text
from telephony.ingest.parse import ParsedEvent

RINGING: Final = "5"
REBUILT: Final = "HubRebuilt"
_OF_A_CHANNEL: Final = (
    "Channel",
    "ChannelState",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Context",
    "Exten",
    "Uniqueid",
    "Linkedid",
)


@dataclass(slots=True)
class Known:
    """A channel of an open call, as its events tell."""

    unique_id: str
    linked_id: str
    channel: str = ""
    last_at: datetime | None = None
    bridges: set[str] = field(default_factory=set)
    has_rung: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a stored event says, as far as it matters here."""

    kind: str
    unique_id: str
    linked_id: str
    at: datetime
    payload: Mapping[str, Any]


Made = tuple[ParsedEvent, datetime]


def channels_of(events: Iterable[Told]) -> dict[str, Known]:
    """The channels that these events speak of, by their ids; the events in order."""
    known: dict[str, Known] = {}
    for event in events:
        one = known.setdefault(event.unique_id, Known(event.unique_id, event.linked_id or event.unique_id))
        one.last_at = max(one.last_at or event.at, event.at)
        one.linked_id = event.linked_id or one.linked_id
        if event.kind != "DialBegin":
            one.channel = str(event.payload.get("Channel") or one.channel)
        bridge = str(event.payload.get("BridgeUniqueid") or "")
        if event.kind in ("Hangup", GONE):
            one.is_over = True
        elif event.kind == "BridgeEnter":
            one.bridges.add(bridge)
        elif event.kind == "BridgeLeave":
            one.bridges.discard(bridge)
        elif event.kind == "DialBegin":
            _rang(known, event)
    return known


def _rang(known: dict[str, Known], event: Told) -> None:
    """The phone that is dialled, which is not the channel whose event it is."""
    unique_id = str(event.payload.get("DestUniqueid") or "")
    if unique_id:
        linked_id = str(event.payload.get("DestLinkedid") or event.linked_id or unique_id)
        rung = known.setdefault(unique_id, Known(unique_id, linked_id))
        rung.has_rung = True
        rung.last_at = max(rung.last_at or event.at, event.at)
        rung.channel = rung.channel or str(event.payload.get("DestChannel") or "")


def gone(
    known: Mapping[str, Known], present: Sequence[Packet], reason: str, since: datetime, noticed: datetime
) -> list[Made]:
    """The ends of those that the exchange does not have any more: somewhere between the last that was heard and now."""
    there = {text(packet, "Uniqueid") for packet in present}
    lost = [one for one in known.values() if not one.is_over and one.unique_id not in there]
    return [
        (
            synthetic(
                GONE,
                {
                    "Channel": one.channel,
                    "Uniqueid": one.unique_id,
                    "Linkedid": one.linked_id,
                    "uniqueid": one.unique_id,
                    "reason": reason,
                    "noticed": noticed.isoformat(),
                },
            ),
            max(since, one.last_at) if one.last_at else since,
        )
        for one in lost
    ]


def present_channels(
    known: Mapping[str, Known], present: Sequence[Packet], seen_since: frozenset[str], now: datetime
) -> list[Made]:
    """What the channels that are there must have done unheard. `seen_since`: those whose beginning was heard after the log-in."""
    made: list[Made] = []
    by_id = {text(packet, "Uniqueid"): packet for packet in present}
    for unique_id, packet in by_id.items():
        if not unique_id or unique_id in seen_since:
            continue
        one = known.get(unique_id)
        if one is None or one.is_over:
            made.append((_event("Newchannel", packet), _began(packet, now)))
        made += _ringing(one, packet, by_id, now)
        made += _bridged(one, packet, by_id, now)
    return made


def _ringing(one: Known | None, packet: Packet, by_id: Mapping[str, Packet], now: datetime) -> list[Made]:
    """A phone that rings was dialled by the call's first channel, as far as the list tells."""
    if text(packet, "ChannelState") != RINGING or (one is not None and one.has_rung):
        return []
    caller = by_id.get(text(packet, "Linkedid"))
    if caller is None or caller is packet:
        return []
    fields = _channel(caller) | {f"Dest{key}": value for key, value in _channel(packet).items()}
    return [(synthetic("DialBegin", fields | {REBUILT: "1"}), _began(packet, now))]


def _bridged(one: Known | None, packet: Packet, by_id: Mapping[str, Packet], now: datetime) -> list[Made]:
    bridge = text(packet, "BridgeId")
    former = one.bridges if one is not None and not one.is_over else set()
    made = [
        (_event("BridgeLeave", packet, {"BridgeUniqueid": left, "BridgeNumChannels": "0"}), now)
        for left in sorted(former - {bridge})
    ]
    if bridge and bridge not in former:
        count = sum(text(other, "BridgeId") == bridge for other in by_id.values())
        # The list does not say what kind of bridge it is: two make a talk, more a conference.
        kind = {"BridgeType": "basic"} if count <= 2 else {}
        made.append(
            (
                _event(
                    "BridgeEnter", packet, {"BridgeUniqueid": bridge, "BridgeNumChannels": str(count)} | kind
                ),
                now,
            )
        )
    return made


def _event(kind: str, packet: Packet, more: Mapping[str, str] | None = None) -> ParsedEvent:
    return synthetic(kind, _channel(packet) | dict(more or {}) | {REBUILT: "1"})


def _channel(packet: Packet) -> dict[str, str]:
    """What stays the same when the list is asked for again: no duration."""
    return {key: text(packet, key) for key in _OF_A_CHANNEL}


def _began(packet: Packet, now: datetime) -> datetime:
    """The list says for how long the channel has been there, in whole seconds."""
    hours, _colon, rest = text(packet, "Duration").partition(":")
    minutes, _colon, seconds = rest.partition(":")
    try:
        age = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    except ValueError:
        return now
    return now - age if age < timedelta(days=2) else now


def as_moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
