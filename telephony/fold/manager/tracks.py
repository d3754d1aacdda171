"""Follows each channel through a call's packets. What a channel means is decided elsewhere (cast.py)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from telephony.fold.facts import caller_name
from telephony.fold.manager.heard import GONE, Heard

DOWN: Final = "0"
RING: Final = "4"
# How applications call the side that was dialled, in a list of running channels.
DIALLED_APPLICATIONS: Final = ("AppDial", "AppDial2", "AppQueue")
# What AMI's own hang-up action and the console's give as their reason: neither side put the receiver down.
CUT_FROM_OUTSIDE: Final = 32


@dataclass(slots=True)
class Track:
    """One channel. `is_dialled` tells that somebody called it; None until something shows it."""

    uid: str
    seen_at: datetime
    device: str = ""
    linked: str = ""
    number: str = ""
    name: str = ""
    exten: str = ""
    began_at: datetime | None = None
    is_dialled: bool | None = None
    dialler: str = ""
    dial_string: str = ""
    rang_at: datetime | None = None
    dialled_until: datetime | None = None
    dial_status: str = ""
    answered_at: datetime | None = None
    asked_at: datetime | None = None
    """When this side itself hung up."""
    cut_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    is_lost: bool = False
    """Gone after we had been away: `ended_at` is only when we noticed."""
    moves: list[tuple[datetime, str, bool]] = field(default_factory=list)
    """Bridges that it entered (True) and left, in order."""

    @property
    def is_local(self) -> bool:
        """A channel without a device: glue between two parts of the dialplan."""
        return not self.device or self.device.partition("/")[0] in _NO_DEVICES

    @property
    def was_dialled(self) -> bool:
        """As the exchange said it; else the channel that names the call is the one that began it."""
        return self.uid != self.linked if self.is_dialled is None else self.is_dialled


_NO_DEVICES: Final = frozenset(
    ("Local", "Surrogate", "AsyncGoto", "Bridge", "Message", "Recorder", "Announcer", "CBAnn", "CBRec", "Parked")
)  # fmt: skip


@dataclass(slots=True)
class Tracks:
    """All channels of a call, and what is said of the call as a whole."""

    by_uid: dict[str, Track] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    """The two halves of each Local channel, both ways."""
    answers: list[tuple[datetime, str, str]] = field(default_factory=list)
    leaves: list[tuple[datetime, int, str]] = field(default_factory=list)
    """When which channel left a bridge, and how many it left behind, negative: of two at the same moment the first sorts first."""
    queue: str = ""
    joined_at: datetime | None = None
    left_at: datetime | None = None
    abandoned_at: datetime | None = None
    is_recorded: bool = False

    def touch(self, event: Heard, prefix: str = "") -> Track | None:
        """The channel that the packet speaks of under that prefix, with what it says of it now."""
        uid = event.text(f"{prefix}Uniqueid") or ("" if prefix else event.channel)
        if not uid:
            return None
        track = self.by_uid.get(uid)
        if track is None:
            track = self.by_uid[uid] = Track(uid, event.at)
        if not track.device:
            track.device = event.text(f"{prefix}Channel")
        if not track.linked:
            track.linked = event.text(f"{prefix}Linkedid")
        if not track.number:
            track.number = event.text(f"{prefix}CallerIDNum")[:64]
        if not track.name:
            track.name = caller_name(event.text(f"{prefix}CallerIDName"))
        return track

    @property
    def devices(self) -> list[Track]:
        """The channels that are phones and lines, in the order in which they appeared."""
        found = [track for track in self.by_uid.values() if not track.is_local]
        return sorted(found, key=lambda track: (track.began_at or track.seen_at, track.uid))


def follow(ordered: Iterable[Heard]) -> Tracks:
    """What became of each channel. The events are in order."""
    tracks = Tracks()
    for event in ordered:
        handle = _HANDLERS.get(event.kind)
        if handle is not None:
            handle(tracks, event)
    _pair_by_name(tracks)
    return tracks


def _new(tracks: Tracks, event: Heard) -> None:
    track = tracks.touch(event)
    if track is None or track.began_at is not None:
        return
    track.began_at = event.at
    state = event.text("ChannelState")
    if state in (DOWN, RING):
        track.is_dialled = state == DOWN
    elif event.text("Application"):
        track.is_dialled = event.text("Application") in DIALLED_APPLICATIONS
    if not track.is_dialled:
        track.exten = event.text("Exten")


def _caller_id(tracks: Tracks, event: Heard) -> None:
    tracks.touch(event)


def _dial(tracks: Tracks, event: Heard) -> None:
    source = tracks.touch(event) if event.text("Uniqueid") else None
    dialled = tracks.touch(event, "Dest")
    if dialled is None or dialled.rang_at is not None:
        return
    dialled.rang_at, dialled.is_dialled = event.at, True
    dialled.dialler = source.uid if source else ""
    dialled.dial_string = event.text("DialString")


def _dialled(tracks: Tracks, event: Heard) -> None:
    source = tracks.touch(event) if event.text("Uniqueid") else None
    dialled = tracks.touch(event, "Dest")
    status = event.text("DialStatus").upper()
    if dialled is None:
        return
    # A queue says it twice for a phone that rang in vain: NOANSWER, and CANCEL as it stops the ringing.
    is_repeat = dialled.dialled_until == event.at and dialled.dial_status == "CANCEL"
    if dialled.dialled_until is None or is_repeat:
        dialled.dialled_until, dialled.dial_status = event.at, status[:32]
    if status == "ANSWER":
        dialled.dial_status = status
        dialled.answered_at = dialled.answered_at or event.at
        if source is not None:
            tracks.answers.append((event.at, source.uid, dialled.uid))


def _enter(tracks: Tracks, event: Heard) -> None:
    track, bridge = tracks.touch(event), event.text("BridgeUniqueid")
    if track is not None and bridge:
        track.moves.append((event.at, bridge, True))


def _leave(tracks: Tracks, event: Heard) -> None:
    track, bridge = tracks.touch(event), event.text("BridgeUniqueid")
    if track is not None and bridge:
        track.moves.append((event.at, bridge, False))
        tracks.leaves.append((event.at, -(event.number("BridgeNumChannels") or 0), track.uid))


def _asked(tracks: Tracks, event: Heard) -> None:
    track = tracks.touch(event)
    if track is not None and track.asked_at is None:
        track.asked_at = event.at


def _cut(tracks: Tracks, event: Heard) -> None:
    track = tracks.touch(event)
    if track is not None and track.cut_at is None and event.number("Cause") == CUT_FROM_OUTSIDE:
        track.cut_at = event.at


def _hung_up(tracks: Tracks, event: Heard) -> None:
    track = tracks.touch(event)
    if track is not None and (track.ended_at is None or track.is_lost):
        track.ended_at, track.cause, track.is_lost = event.at, event.number("Cause"), False


def _gone(tracks: Tracks, event: Heard) -> None:
    track = tracks.by_uid.get(event.text("Uniqueid") or event.channel)
    if track is not None and track.ended_at is None:
        track.ended_at, track.is_lost = event.at, True


def _local(tracks: Tracks, event: Heard) -> None:
    one, two = tracks.touch(event, "LocalOne"), tracks.touch(event, "LocalTwo")
    if one is not None and two is not None:
        tracks.pairs.update({one.uid: two.uid, two.uid: one.uid})


def _joined(tracks: Tracks, event: Heard) -> None:
    tracks.touch(event)
    tracks.queue = event.text("Queue")[:80]
    tracks.joined_at = tracks.joined_at or event.at


def _left(tracks: Tracks, event: Heard) -> None:
    tracks.left_at = event.at


def _abandoned(tracks: Tracks, event: Heard) -> None:
    tracks.abandoned_at = event.at
    tracks.queue = tracks.queue or event.text("Queue")[:80]


def _recorded(tracks: Tracks, _event: Heard) -> None:
    tracks.is_recorded = True


_HANDLERS: Final[dict[str, Callable[[Tracks, Heard], None]]] = {
    "Newchannel": _new,
    "NewCallerid": _caller_id,
    "DialBegin": _dial,
    "DialEnd": _dialled,
    "BridgeEnter": _enter,
    "BridgeLeave": _leave,
    "HangupRequest": _asked,
    "SoftHangupRequest": _cut,
    "Hangup": _hung_up,
    GONE: _gone,
    "LocalBridge": _local,
    "QueueCallerJoin": _joined,
    "QueueCallerLeave": _left,
    "QueueCallerAbandon": _abandoned,
    "MixMonitorStart": _recorded,
}


def _pair_by_name(tracks: Tracks) -> None:
    """Where the packet that pairs them is missing, the halves' names do: they end in ;1 and ;2."""
    halves: dict[str, str] = {}
    for track in tracks.by_uid.values():
        name, semicolon, _half = track.device.rpartition(";")
        if not semicolon or track.uid in tracks.pairs:
            continue
        other = halves.setdefault(name, track.uid)
        if other != track.uid:
            tracks.pairs.update({other: track.uid, track.uid: other})
