"""Who may call what, and how much: the two ways to authenticate, scopes, the bucket and the time of a method."""

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from integrations.connectors.bitrix24.simulator.errors import Refused
from integrations.connectors.bitrix24.simulator.oauth import OAuth

OPERATING_SECONDS = 600


class LeakyBucket:
    """A request adds one; above `size` it is refused; `drain` leave each second."""

    def __init__(self, size: float = 50, drain: float = 2) -> None:
        self._size, self._drain = size, drain
        self._level, self._at = 0.0, monotonic()
        self._lock = threading.Lock()

    def admit(self) -> bool:
        now = monotonic()
        with self._lock:
            self._level = max(0.0, self._level - (now - self._at) * self._drain)
            self._at = now
            if self._level + 1 > self._size:
                return False
            self._level += 1
            return True


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever was let in."""

    user_id: int
    is_app: bool
    scope: tuple[str, ...]


class Access:
    """`webhook` is the secret part of an incoming webhook's address, that of user 1."""

    def __init__(
        self,
        oauth: OAuth,
        webhook: str,
        webhook_scope: tuple[str, ...],
        clock: Callable[[], float],
        bucket: LeakyBucket | None,
    ) -> None:
        self._oauth, self._webhook, self._clock, self._bucket = oauth, webhook, clock, bucket
        self.webhook_scope = webhook_scope
        self.blocked_until: dict[str, int] = {}
        """Method -> when its sum of seconds is free again."""
        self.operating = 0.01
        """The sum of seconds that answers tell."""

    def pace(self) -> None:
        if self._bucket is not None and not self._bucket.admit():
            raise Refused("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)

    def operate(self, method: str) -> None:
        until = self.blocked_until.get(method.lower(), 0)
        if until > self._clock():
            raise Refused("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)

    def by_webhook(self, user_id: str, secret: str) -> Caller:
        if user_id != "1" or not hmac.compare_digest(secret.encode(), self._webhook.encode()):
            raise Refused("INVALID_CREDENTIALS", "Invalid request credentials", 401)
        return Caller(1, is_app=False, scope=self.webhook_scope)

    def by_token(self, token: str) -> Caller:
        if not token:
            raise Refused("NO_AUTH_FOUND", "Wrong authorization data", 401)
        try:
            user_id = self._oauth.user_of(token)
        except KeyError:
            raise Refused("NO_AUTH_FOUND", "Wrong authorization data", 401) from None
        if user_id is None:
            raise Refused("expired_token", "The access token provided has expired.", 401)
        return Caller(user_id, is_app=True, scope=self._oauth.scope)
