"""Fetches senders' sets of keys beside the requests: nobody's answer waits for the network.

A request that cannot be judged yet is answered with 503; its sender comes again, as it does after any failure.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from webhooks.ingest import fetching
from webhooks.ingest.fetching import NotFetched
from webhooks.presets.key_sets import BadKeySet, known, remember

logger = logging.getLogger(__name__)
FRESH: Final = 600.0  # so old is a set asked for again, while it goes on counting
LONGEST_STALE: Final = (
    3 * 86400.0
)  # a key that its owner withdrew must not count for ever because nobody answers
PAUSE: Final = 60.0  # between two questions, whatever strangers write into their tokens
MOST_AT_ONCE: Final = 3
FETCHING: Final = "key_set_fetched"
UNREACHABLE: Final = "key_set_unreachable"


class KeySets:
    """Touched on the event loop only. A stranger may cause one request a minute, to an address that a source names."""

    def __init__(self, fetch: Callable[[str], bytes] | None = None) -> None:
        self._fetch = fetch or fetched
        self._running: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}
        self._failures: dict[str, str] = {}

    def lacking(self, place: str, name: str) -> str:
        """Why nothing can be said of a token with that key's name; empty when what is known decides."""
        found = known(place)
        if found is None or found.age > LONGEST_STALE:
            self._want(place)
            return UNREACHABLE if place in self._failures else FETCHING
        if name and found.names and name not in found.names:
            # A new key, perhaps. When it was asked for a moment ago, it is a wrong one.
            return FETCHING if self._want(place) else ""
        if found.age > FRESH:
            self._want(place)
        return ""

    def failure(self, place: str) -> str:
        """Why it could not be fetched the last time; empty when it could."""
        return self._failures.get(place, "")

    def _want(self, place: str) -> bool:
        """Have it fetched; False when that was tried a moment ago. When too many are under way, the sender comes again."""
        if place in self._running or len(self._running) >= MOST_AT_ONCE:
            return True
        if self._asked.get(place, float("-inf")) > time.monotonic() - PAUSE:
            return False
        self._asked[place] = time.monotonic()
        self._running[place] = asyncio.create_task(self._get(place))
        return True

    async def _get(self, place: str) -> None:
        try:
            remember(place, await asyncio.to_thread(self._fetch, place))
        except (NotFetched, BadKeySet) as error:
            if place not in self._failures:
                logger.warning("the keys at %s cannot be used: %s", place, error)
            self._failures[place] = str(error)
        else:
            if self._failures.pop(place, None):
                logger.warning("the keys at %s are there again", place)
        finally:
            del self._running[place]

    async def settled(self) -> None:
        """When everything that was wanted is here or has failed."""
        await asyncio.gather(*self._running.values())


def fetched(place: str) -> bytes:
    """In a thread."""
    return fetching.fetched(place, "application/json")
