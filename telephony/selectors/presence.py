"""How an extension's phone stands now: for click-to-call, smart redirect and the live page. Reads in the active scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from telephony.models.listening import ExtensionPresence, ListenerState, PresenceState

FRESH: Final = timedelta(seconds=60)
"""The listener reports every few seconds; of an exchange that it does not hear nothing is known."""
AVAILABLE: Final = frozenset({PresenceState.IDLE, PresenceState.UNKNOWN})
OCCUPIED: Final = frozenset(
    {PresenceState.RINGING, PresenceState.TALKING, PresenceState.BUSY, PresenceState.HOLD}
)


@dataclass(frozen=True, slots=True)
class Presence:
    """`since` is None where nothing is known."""

    extension: str
    state: PresenceState
    since: datetime | None = None

    @property
    def is_available(self) -> bool:
        """A call may be sent there. What nobody knows counts as free: the exchange finds out."""
        return self.state in AVAILABLE

    @property
    def is_occupied(self) -> bool:
        """The phone is there, but in a call."""
        return self.state in OCCUPIED


def state_of(extension: str) -> Presence:
    """One query. UNKNOWN where no exchange that is being listened to says anything."""
    return states_of([extension])[extension]


def states_of(extensions: Iterable[str] | None = None) -> dict[str, Presence]:
    """Of these extensions, each with an answer; without any given, of all that are known. One query.

    An extension that several exchanges of the company know stands as the one says that changed last.
    """
    known = ExtensionPresence.objects.filter(
        pbx__status__state=ListenerState.CONNECTED, pbx__status__seen_at__gte=timezone.now() - FRESH
    ).order_by("since")
    wanted = None if extensions is None else list(extensions)
    if wanted is not None:
        known = known.filter(extension__in=wanted)
    found = {one.extension: Presence(one.extension, PresenceState(one.state), one.since) for one in known}
    for extension in wanted or ():
        found.setdefault(extension, Presence(extension, PresenceState.UNKNOWN))
    return found
