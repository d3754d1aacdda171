"""The exchange's clock against ours. Pure."""

from collections import deque
from datetime import UTC, datetime
from typing import Final

REMEMBERED: Final = 12  # pings, one every ten seconds
STEADY_SECONDS: Final = 0.05
"""A difference that small is the network's, not the clock's: following it would put events out of order."""
EARLY_SECONDS: Final = 1.0


class ExchangeClock:
    """Their time on our clock.

    A ping whose answer carries the exchange's time tells the difference to within half its journey, so the quickest of the
    last few counts. Where there is none the least difference between receipt and event is taken.
    """

    def __init__(self) -> None:
        self._pings: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self.offset: float | None = None
        """Seconds to add to theirs."""

    def pinged(self, sent: float, received: float, theirs: str) -> None:
        """A ping of which the exchange said at what time it answered."""
        stamp = _number(theirs)
        if stamp is None:
            return
        self._pings.append((received - sent, (sent + received) / 2 - stamp))
        journey, best = min(self._pings)
        if self.offset is None or abs(best - self.offset) > max(STEADY_SECONDS, journey):
            self.offset = best

    def moment(self, theirs: str, received: float) -> datetime:
        """When the event happened, on our clock; the receipt where the exchange does not say."""
        stamp = _number(theirs)
        if stamp is None:
            return _at(received)
        if self.offset is None or (not self._pings and received - stamp < self.offset):
            self.offset = received - stamp
        return _at(min(stamp + self.offset, received + EARLY_SECONDS))


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 < found < 1e11 else None


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
