"""Which events of a manager interface are kept, and as what: an exact list, so that no caller's name decides it.

Whoever follows an action finds its outcome here, too: `OriginateResponse` is kept with its `ActionID`, and its `Uniqueid` is
the `ChannelId` that was asked for. A `UserEvent(Switchboard,…)` is a dialplan's own word, and makes the row that a post of it makes.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from telephony.ami.packets import Packet, Value, text
from telephony.ingest.parse import MAX_ID, ParsedEvent
from telephony.ingest.user_events import from_dialplan

KEPT: Final = frozenset(
    {
        "Newchannel",
        "Newstate",
        "NewCallerid",
        "DialBegin",
        "DialEnd",
        "BridgeEnter",
        "BridgeLeave",
        "HangupRequest",
        "SoftHangupRequest",
        "Hangup",
        "LocalBridge",
        "BlindTransfer",
        "AttendedTransfer",
        "Pickup",
        "OriginateResponse",
        "QueueCallerJoin",
        "QueueCallerLeave",
        "QueueCallerAbandon",
        "MixMonitorStart",
        "UserEvent",
    }
)
GONE: Final = "HubGone"
"""Our own: a channel of which the exchange knows nothing any more, and whose end nobody saw."""
TELLING_STATES: Final = frozenset({"5", "6"})
"""Of a channel that changed its state only ringing and up are news; the others repeat what another event says."""

# Where else than in Uniqueid and Linkedid the channel stands.
_CHANNELS: Final = ("", "Dest", "LocalOne", "Transferer", "OrigTransferer")
_NOISE: Final = frozenset({"Event", "Privilege", "SystemName", "ChanVariable", "Cause-txt", "StatusText"})
_NOISE_ENDINGS: Final = (
    "Language",
    "Priority",
    "AccountCode",
    "ChannelStateDesc",
    "VideoSourceMode",
    "BridgeTechnology",
    "BridgeCreator",
    "BridgeName",
)
_MOST: Final = 2000  # characters of a value; what a stranger's phone sends may be as long as it likes
_is_noise: dict[str, bool] = {}


def is_kept(packet: Packet) -> bool:
    """Whether it says something about a call that is worth a row."""
    name = text(packet, "Event")
    if name not in KEPT:
        return False
    if name == "Newstate":
        return text(packet, "ChannelState") in TELLING_STATES
    return name != "UserEvent" or from_dialplan(packet) is not None


def as_event(packet: Packet, stamp: str = "") -> ParsedEvent:
    """The row of a packet. `stamp` tells it from its equals where the exchange gives no time of its own."""
    told = from_dialplan(packet) if text(packet, "Event") == "UserEvent" else None
    if told is not None:
        return told
    kind = text(packet, "Event")[:40]
    if kind == "UserEvent" and (said := from_dialplan(packet)) is not None:
        return said
    payload = {key: _clean(value) for key, value in packet.items() if not _noise(key)}
    content = orjson.dumps([kind, payload, stamp], option=orjson.OPT_SORT_KEYS)
    return ParsedEvent(
        kind=kind,
        token="",
        unique_id=_channel(packet, "Uniqueid"),
        linked_id=_channel(packet, "Linkedid"),
        payload=payload,
        raw="",
        degraded=(),
        digest=hashlib.sha256(b"ami\0" + content).digest(),
        source="ami",
    )


def synthetic(kind: str, payload: Mapping[str, str]) -> ParsedEvent:
    """An event that nobody sent, but which must have happened: the payload says what it was made of."""
    return as_event({"Event": kind, **payload})


def _noise(key: str) -> bool:
    found = _is_noise.get(key)
    if found is None:
        # The state in words is of use for the event's own channel only.
        found = key in _NOISE or (key != "ChannelStateDesc" and key.endswith(_NOISE_ENDINGS))
        if len(_is_noise) < 2000:
            _is_noise[key] = found
    return found


def _clean(value: Value) -> Value:
    if isinstance(value, list):
        return [_text(one) for one in value[:100]]
    return _text(value)


def _text(value: str) -> str:
    # No database takes a zero character.
    return value.replace("\x00", "")[:_MOST] if len(value) > _MOST or "\x00" in value else value


def _channel(packet: Packet, name: str) -> str:
    for prefix in _CHANNELS:
        if found := text(packet, prefix + name):
            return "".join(found.replace("\x00", "").split())[:MAX_ID]
    return ""
