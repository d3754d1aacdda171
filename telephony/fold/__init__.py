"""The set of events of one call -> its state. Pure: no database, no clock, no network.

Events may be late, repeated, out of order or missing: the whole set is folded anew each time, so nothing here needs to
know in which order they came.
"""

from telephony.fold.calls import fold
from telephony.fold.facts import Seen, read
from telephony.fold.state import CallState, Direction, Outcome, Participant, Phase, Ring, Talk

__all__ = [
    "CallState",
    "Direction",
    "Outcome",
    "Participant",
    "Phase",
    "Ring",
    "Seen",
    "Talk",
    "fold",
    "read",
]
