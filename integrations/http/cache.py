"""Answers that are used again: of one integration at one version, for a while, or as long as the system says they hold."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.core.cache import cache

from integrations.http.messages import Request, Response
from integrations.live import Live

LARGEST = 256 * 1024
# For how long an answer waits to be asked about again.
KEPT_SECONDS = 24 * 3600.0
VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
# Nothing of a session is kept.
KEPT_HEADERS = frozenset({"content-type", "content-language", "link", "etag", "last-modified", "date"})


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer with its age."""

    response: Response
    fresh_until: float
    """Seconds since 1970."""

    @property
    def is_fresh(self) -> bool:
        return self.fresh_until > time.time()

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask whether it still holds."""
        headers = self.response.headers
        return {asks: headers[name] for name, asks in VALIDATORS.items() if headers.get(name)}


class Answers:
    """One integration's; other integrations and former settings have other keys."""

    def __init__(self, live: Live) -> None:
        self._prefix = f"answers:{live.id}:{live.version}:"

    def find(self, request: Request) -> Kept | None:
        """What is kept, fresh or not."""
        found = cache.get(self._key(request))
        if found is None:
            return None
        status, headers, body, fresh_until = found
        return Kept(Response(status, headers, body), fresh_until)

    def keep(self, request: Request, response: Response) -> None:
        """Only a plain success of a size that does no harm."""
        if response.status != 200 or len(response.body) > LARGEST:
            return
        headers = _kept(response.headers)
        holds = request.revalidate and any(headers.get(name) for name in VALIDATORS)
        fresh_until = time.time() + request.cache_seconds
        lasts = max(request.cache_seconds, KEPT_SECONDS if holds else 0.0)
        if lasts > 0:
            cache.set(
                self._key(request), (response.status, headers, response.body, fresh_until), timeout=lasts
            )

    def _key(self, request: Request) -> str:
        asked = repr((request.path, request.query, sorted(request.headers.items())))
        return self._prefix + hashlib.sha256(asked.encode()).hexdigest()


def conditional(request: Request, kept: Kept) -> Request:
    """The same request, to be answered by "not modified" if nothing was."""
    return replace(request, headers={**request.headers, **kept.conditions})


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in KEPT_HEADERS}
