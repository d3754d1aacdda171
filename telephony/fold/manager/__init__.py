"""A call as the exchange's manager interface tells it: every channel, every dial, every bridge."""

from telephony.fold.manager.heard import FOLDED, GONE, NO_END, Heard
from telephony.fold.manager.story import fold
from telephony.fold.manager.ties import TYING, ties

__all__ = ["FOLDED", "GONE", "NO_END", "TYING", "Heard", "fold", "ties"]
