"""The decision itself. Pure: what is known of the call, of the candidates and of the colleagues -> whose phone rings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from integrations.phones import is_anonymous
from telephony.fold.numbers import is_extension
from telephony.models import PresenceState
from telephony.redirect.rules import Rules
from telephony.redirect.words import Reason

# Of what a presence can be, only this says that a phone cannot ring. Unknown is no reason to pass somebody over, nor is
# a phone that rings: those of a group ring all the time.
UNREACHABLE: Final = frozenset((PresenceState.AWAY,))
ENGAGED: Final = frozenset((PresenceState.TALKING, PresenceState.BUSY, PresenceState.HOLD))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is responsible for the client. `extension` is empty when that person has none."""

    source: str
    extension: str
    name: str = ""
    integration_id: UUID | None = None
    is_available: bool | None = None
    """What the CRM says; None when it says nothing."""
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the number as received and in E.164 (empty when it is none), and the line that was called."""

    raw: str
    number: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds at this moment. `presence` is what the exchange says, by extension; `busy` is by our own open calls."""

    is_open: bool = True
    has_moved: bool = False
    busy: frozenset[str] = frozenset()
    presence: Mapping[str, PresenceState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One candidate and what was found of them."""

    candidate: Candidate
    verdict: Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """`candidate` is whose phone rings; None: the usual way, for that reason."""

    reason: Reason
    candidate: Candidate | None = None
    steps: tuple[Step, ...] = ()

    @property
    def extension(self) -> str:
        return self.candidate.extension if self.candidate else ""


def barred(caller: Caller, rules: Rules) -> Reason | None:
    """Why this call is not looked at at all. Needs nothing but itself and the rules."""
    if not rules.is_enabled:
        return Reason.DISABLED
    if rules.is_excluded_line(caller.line):
        return Reason.LINE
    if is_anonymous(caller.raw):
        return Reason.HIDDEN
    if not caller.number:
        return Reason.INTERNAL if is_extension(caller.raw) else Reason.HIDDEN
    return Reason.OWN_NUMBER if caller.number in rules.excluded_numbers else None


def untimely(now: Circumstances, rules: Rules) -> Reason | None:
    """Why nobody is looked for at this moment."""
    if now.has_moved:
        return Reason.AGAIN
    return Reason.CLOSED if rules.checks_hours and not now.is_open else None


def choose(candidates: Sequence[Candidate], now: Circumstances, rules: Rules) -> Choice:
    """The first candidate who can be reached. `candidates` stand in the order in which their sources count."""
    steps: list[Step] = []
    chosen: Candidate | None = None
    for one in candidates:
        verdict = Reason.NOT_REACHED if chosen else _verdict(one, now, rules)
        steps.append(Step(one, verdict))
        if verdict is Reason.FREE:
            chosen = one
    if chosen:
        return Choice(Reason.FOUND, chosen, tuple(steps))
    # Of several the first one's obstacle is told: that is whom the client belongs to.
    return Choice(steps[0].verdict if steps else Reason.NOBODY, None, tuple(steps))


def _verdict(one: Candidate, now: Circumstances, rules: Rules) -> Reason:
    if not one.extension:
        return Reason.NO_EXTENSION
    presence = now.presence.get(one.extension, PresenceState.UNKNOWN)
    if presence in UNREACHABLE:
        return Reason.OFFLINE
    if rules.skips_busy and (one.extension in now.busy or presence in ENGAGED):
        return Reason.BUSY
    if rules.checks_status and one.is_available is False:
        return Reason.AWAY
    return Reason.FREE
