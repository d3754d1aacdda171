"""The set of events of one call -> its state. Pure: no database, no clock, no network.

Events may be late, repeated, out of order or missing, and come from several sources: the whole set is folded anew each
time, so nothing here needs to know in which order they came. Each source is folded alone (`dialplan`, `manager`,
`records`), `union` joins what they say.
"""

from telephony.fold.calls import fold
from telephony.fold.facts import Seen
from telephony.fold.manager import FOLDED, Heard
from telephony.fold.ours import Ours
from telephony.fold.reading import Fact, read
from telephony.fold.record_rows import Row
from telephony.fold.state import (
    CallState,
    Direction,
    Leg,
    Outcome,
    Participant,
    Phase,
    Ring,
    Role,
    Side,
    Talk,
)

__all__ = [
    "FOLDED",
    "CallState",
    "Direction",
    "Fact",
    "Heard",
    "Leg",
    "Ours",
    "Outcome",
    "Participant",
    "Phase",
    "Ring",
    "Role",
    "Row",
    "Seen",
    "Side",
    "Talk",
    "fold",
    "read",
]
