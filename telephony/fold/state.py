"""What a call is, folded: the frozen result and its vocabulary."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    """Seen from the company. `UNKNOWN` until an event tells."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"
    UNKNOWN = "unknown"

    @property
    def is_external(self) -> bool:
        return self in (Direction.IN, Direction.OUT)


class Phase(StrEnum):
    """Where the call stands."""

    NEW = "new"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Outcome(StrEnum):
    """How an ended call went."""

    NONE = ""
    ANSWERED = "answered"
    MISSED = "missed"
    NO_AGENT = "no_agent"
    ABANDONED = "abandoned"
    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"
    FAILED = "failed"
    CONGESTION = "congestion"
    LOST = "lost"
    """The exchange was out of sight when it ended, and nothing since told how."""
    UNKNOWN = "unknown"


class Side(StrEnum):
    """Who ended the call."""

    CLIENT = "client"
    US = "us"
    UNKNOWN = ""


class Role(StrEnum):
    """What a channel was in its call. `TRUNK` is an outside line that does not carry the client."""

    CLIENT = "client"
    AGENT = "agent"
    TRUNK = "trunk"
    OTHER = "other"


class Flag(StrEnum):
    """What a reader should know about how the state came about."""

    SYNTHETIC_RING = "synthetic_ring"
    """No dial event came: who rang was completed from an answer or a hang-up."""
    DEGRADED = "degraded"
    """A body of this call could not be read properly."""
    ANSWER_UNSEEN = "answer_unseen"
    """The hang-up says answered, but the answer itself never came: the talk time is not known."""
    CLOCK_SKEW = "clock_skew"
    """The exchange's clock or time zone differs from ours: its wall-clock times were not used."""
    HIDDEN_NUMBER = "hidden_number"
    """The caller withheld the number."""
    RECORDED = "recorded"
    """The exchange recorded the conversation. Where the recording lies is told by others."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A set of extensions that began to ring together."""

    extensions: tuple[str, ...]
    at: datetime
    is_synthetic: bool = False

    @property
    def key(self) -> str:
        """Names this set within its call, whatever the order in which it was sent."""
        return ",".join(sorted(self.extensions))


@dataclass(frozen=True, slots=True)
class Talk:
    """The client and one extension spoke; `until` is None while they still do."""

    extension: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Participant:
    """An extension's part in the call."""

    extension: str
    rang_at: datetime | None
    answered_at: datetime | None
    is_caller: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One channel of the call. `channel` is the exchange's id of it, its name where no id is known."""

    channel: str
    device: str
    role: Role
    extension: str = ""
    number: str = ""
    began_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    dial_status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """A call as the events known so far tell it. `ended_at` is set exactly when `phase` is ENDED."""

    external_id: str
    direction: Direction
    phase: Phase
    outcome: Outcome
    client_raw: str
    client_number: str
    client_name: str
    did: str
    trunk: str
    rings: tuple[Ring, ...]
    talks: tuple[Talk, ...]
    participants: tuple[Participant, ...]
    answered_by: str
    responsible: str
    """The extension that the call belongs to: who talked last, else who rang first, else who dialled."""
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: int | None
    wait_seconds: int
    hangup_cause: int | None
    dial_status: str
    ended_by: Side
    queue: str
    legs: tuple[Leg, ...]
    recording: str
    recording_size: int | None
    flags: frozenset[Flag]
    event_count: int

    @property
    def is_answered(self) -> bool:
        """Whether the client and one of us were connected, even where the answer itself was not seen."""
        return self.answered_at is not None or Flag.ANSWER_UNSEEN in self.flags
