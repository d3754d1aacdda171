"""The lasting part of an integration's way out: connections, pace, breaker and masks, kept as long as its version."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings

from integrations.http.breaker import Circuit
from integrations.http.bucket import Bucket
from integrations.http.masking import Masker
from integrations.http.transport import Transport
from integrations.live import Live
from integrations.manifest import Manifest, RateLimit

MOST_LINES = 512


class Line:
    """Shared by all threads of the process that work for one integration."""

    def __init__(self, live: Live, manifest: Manifest) -> None:
        self.manifest = manifest
        self.version = live.version
        self.base_url = (
            str(live.settings.get(manifest.base_url_setting, ""))
            if manifest.base_url_setting
            else manifest.base_url
        )
        self.egress_allow = live.egress_allow
        self.transport = Transport(live.egress_allow)
        self.circuit = Circuit()
        self.masker = Masker([*live.credentials.values(), *live.own_secrets.values()])
        self._buckets: Mapping[str, Bucket] = (
            {} if live.is_draft else {limit.name: Bucket(live.id, limit) for limit in limits(manifest)}
        )

    def take(self, bucket: str, patience: float) -> float:
        """Wait for a turn in that bucket; the first one of the manifest when it has no name."""
        found = self._bucket(bucket)
        return found.take(patience) if found else 0.0

    def hold(self, bucket: str, seconds: float) -> None:
        """Nobody has a turn in that bucket before `seconds` are over."""
        found = self._bucket(bucket)
        if found:
            found.hold(seconds)

    def _bucket(self, name: str) -> Bucket | None:
        return self._buckets[name] if name and self._buckets else next(iter(self._buckets.values()), None)


def limits(manifest: Manifest) -> tuple[RateLimit, ...]:
    """The manifest's buckets, or the installation's limit for systems that name none."""
    rate = float(settings.EXTERNAL_API_RATE_LIMIT)
    return manifest.rate_limits or (RateLimit("default", per_second=rate, burst=max(1.0, rate / 4)),)


_lines: "OrderedDict[UUID, Line]" = OrderedDict()
_lock = threading.Lock()


def line_of(live: Live, manifest: Manifest) -> Line:
    """The integration's line; a new one when its version changed."""
    if live.is_draft:
        return Line(live, manifest)
    with _lock:
        found = _lines.get(live.id)
        if found is None or (found.version, found.egress_allow) != (live.version, live.egress_allow):
            found = _lines[live.id] = Line(live, manifest)
            if len(_lines) > MOST_LINES:
                _lines.popitem(last=False)
        _lines.move_to_end(live.id)
    return found


def close_all() -> None:
    """Let go of all connections, as at the end of the process."""
    with _lock:
        for line in _lines.values():
            line.transport.close()
        _lines.clear()
