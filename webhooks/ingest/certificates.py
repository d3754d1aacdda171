"""Fetches the certificates of senders beside the requests: nobody's answer waits for the network.

A request whose certificate is not there yet is answered with 503; its sender comes again, as it does after any failure.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from webhooks.ingest import fetching
from webhooks.ingest.fetching import NotFetched
from webhooks.presets.certificates import BadCertificate, is_known, remember

logger = logging.getLogger(__name__)
PAUSE: Final = 60.0  # before an address that failed is asked again
MOST_AT_ONCE: Final = 3
MOST_FAILED: Final = 1000


class Certificates:
    """Touched on the event loop only. What a stranger may cause is three requests at once, each to the sender's own host."""

    def __init__(self, fetch: Callable[[str], bytes] | None = None) -> None:
        self._fetch = fetch or fetched
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, float] = {}

    def want(self, url: str) -> None:
        """Have it fetched, unless that is being done or just failed."""
        is_tired = self._failed.get(url, 0.0) > time.monotonic() - PAUSE
        if is_known(url) or url in self._running or is_tired or len(self._running) >= MOST_AT_ONCE:
            return
        self._running[url] = asyncio.create_task(self._get(url))

    async def _get(self, url: str) -> None:
        try:
            remember(url, await asyncio.to_thread(self._fetch, url))
        except (NotFetched, BadCertificate) as error:
            logger.warning("the certificate %s cannot be used: %s", url, error)
            if len(self._failed) >= MOST_FAILED:
                self._failed.clear()
            self._failed[url] = time.monotonic()
        finally:
            del self._running[url]

    async def settled(self) -> None:
        """When everything that was wanted is here or has failed."""
        await asyncio.gather(*self._running.values())


def fetched(url: str) -> bytes:
    """In a thread."""
    return fetching.fetched(url, "application/x-pem-file, */*")
