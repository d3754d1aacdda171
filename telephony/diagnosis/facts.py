"""What is known of a call when somebody asks why no pop-up came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Popup:
    """One pop-up: for whom it was, what became of it, and how long after the ringing, in ms."""

    extensions: tuple[str, ...] = ()
    state: str = "done"
    reason_code: str = ""
    why: str = ""
    waited: int | None = None
    unknown_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrmFacts:
    """One integration that can be told of calls. `users` maps the extensions that rang to their users there."""

    id: UUID
    name: str
    is_enabled: bool = True
    since: datetime | None = None
    paused_reason: str = ""
    broken: str = ""
    """Why its breaker is open, if it is."""
    health: str = ""
    """What is wrong with the connection, if anything is."""
    users: Mapping[str, str] = field(default_factory=dict)
    popups: Sequence[Popup] = ()
    hears_line: bool = True
    """Whether it is told of calls that come by this call's line."""
    quiet: Mapping[str, str] = field(default_factory=dict)
    """Of the extensions that rang, those whose owners want no pop-up while it rings, with when they want it (PopupMode)."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """`rang` are the extensions that rang, in order. What the company chose of the line and of pop-ups is as it is now."""

    call_id: UUID
    started_at: datetime
    direction: str
    client_raw: str = ""
    client_number: str = ""
    did: str = ""
    trunk: str = ""
    line: str = ""
    """What the company calls the line; `line_id` is its row, where it has one."""
    line_id: UUID | None = None
    is_line_told: bool = True
    """Whether any CRM is told of calls on that line."""
    is_over: bool = True
    merged_into: UUID | None = None
    events: int = 0
    sources: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    degraded: tuple[str, ...] = ()
    has_clock_skew: bool = False
    is_ring_synthetic: bool = False
    rang: tuple[str, ...] = ()
    crms: Sequence[CrmFacts] = ()
    region: str = ""


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """What there is around a time at which no call was found. `loose` are messages that belong to no call."""

    exchanges: int
    enabled_exchanges: int
    last_event_at: datetime | None
    events_around: int
    loose: int
    degraded: int
    calls_around: int
