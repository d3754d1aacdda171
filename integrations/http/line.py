"""The lasting part of an integration's way out: connections, pace, breaker and masks, kept as long as its version."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from uuid import UUID

from integrations.http.breaker import Circuit
from integrations.http.limits import Limits, forget_common
from integrations.http.masking import Masker
from integrations.http.transport import Transport
from integrations.live import Live
from integrations.manifest import Manifest

MOST_LINES = 512
# Tokens of the last renewals: what was asked with the former ones may still be noted.
TOKENS_KNOWN = 24


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
        self._secrets = [*live.credentials.values(), *live.own_secrets.values()]
        self._learned: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self.masker = Masker(self._secrets)
        self.limits = Limits(live, manifest, self.base_url)

    def learn(self, secrets: Sequence[str]) -> None:
        """More values that must not be shown, such as a new access token."""
        if all(not value or value in self._learned for value in secrets):
            return
        with self._lock:
            new = [value for value in secrets if value and value not in self._learned]
            self._learned = (*self._learned, *new)[-TOKENS_KNOWN:]
            self.masker = Masker([*self._secrets, *self._learned])

    def turn(self, bucket: str, patience: float) -> AbstractContextManager[float]:
        """A call's turn in that bucket; the first one of the manifest when it has no name."""
        return self.limits.turn(bucket, patience)

    def hold(self, bucket: str, seconds: float) -> None:
        """Nobody has a turn in that bucket before `seconds` are over."""
        self.limits.hold(bucket, seconds)


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
    forget_common()
