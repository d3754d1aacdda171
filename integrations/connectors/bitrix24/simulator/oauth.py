"""The authorization server: codes that live 30 seconds, access for an hour, a refresh token that is used once."""

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tenants.simulation import Reply, Request

CODE_SECONDS = 30
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Grant:
    user_id: int
    until: float


class OAuth:
    """One local application. `portal_url` is asked each time: the port is not known before the start."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        member_id: str,
        scope: tuple[str, ...],
        portal_url: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self.client_id, self.client_secret, self.member_id, self.scope = (
            client_id,
            client_secret,
            member_id,
            scope,
        )
        self.redirect_uri = ""
        """From the application's settings, never from the request."""
        self.refusal = ""
        """An error that the token address answers with, such as PAYMENT_REQUIRED."""
        self.refreshes = 0
        self._url, self._clock = portal_url, clock
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def authorize(self, request: Request) -> Reply:
        """What follows when somebody who is signed in there opens the address."""
        if request.query.get("client_id") != self.client_id or not self.redirect_uri:
            return Reply.json({"error": "invalid_request", "error_description": "Unknown application"}, 400)
        code = secrets.token_hex(35)
        with self._lock:
            self._codes[code] = Grant(1, self._clock() + CODE_SECONDS)
        host = self._url().removeprefix("http://")
        query = {
            "code": code,
            "state": request.query.get("state", ""),
            "domain": host,
            "member_id": self.member_id,
            "scope": ",".join(self.scope),
            "server_domain": host,
        }
        glue = "&" if "?" in self.redirect_uri else "?"
        return Reply(302, headers=(("Location", self.redirect_uri + glue + urlencode(query)),))

    def token(self, request: Request) -> Reply:
        """`GET /oauth/token/`."""
        query = request.query
        if request.method != "GET":
            return _fail("invalid_request")
        if self.refusal:
            return _fail(self.refusal)
        if not _same(query, "client_id", self.client_id) or not _same(
            query, "client_secret", self.client_secret
        ):
            return _fail("invalid_client")
        kinds = {
            "authorization_code": ("code", self._codes),
            "refresh_token": ("refresh_token", self._refresh),
        }
        if query.get("grant_type") not in kinds:
            return _fail("invalid_request")
        name, grants = kinds[query["grant_type"]]
        with self._lock:
            grant = grants.pop(query.get(name, ""), None)
            if grant is None or grant.until < self._clock():
                return _fail("invalid_grant")
            self.refreshes += name == "refresh_token"
            return Reply.json(self._issue(grant.user_id))

    def issue(self, user_id: int = 1) -> dict[str, Any]:
        """Tokens as they come with the event of an installation."""
        with self._lock:
            return self._issue(user_id)

    def user_of(self, token: str) -> int | None:
        """Whose token it is; None when it has expired. KeyError when it is nobody's."""
        grant = self._access[token]
        return grant.user_id if grant.until > self._clock() else None

    def accept(self, token: str, user_id: int = 1) -> None:
        """A token that never expires, for trying out without an application."""
        self._access[token] = Grant(user_id, float("inf"))

    def _issue(self, user_id: int) -> dict[str, Any]:
        access, refresh = secrets.token_hex(35), secrets.token_hex(35)
        now = self._clock()
        self._access[access] = Grant(user_id, now + ACCESS_SECONDS)
        self._refresh[refresh] = Grant(user_id, now + REFRESH_SECONDS)
        url = self._url()
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires": int(now) + ACCESS_SECONDS,
            "expires_in": ACCESS_SECONDS,
            "client_endpoint": f"{url}/rest/",
            "server_endpoint": f"{url}/oauth/rest/",
            "domain": url.removeprefix("http://"),
            "member_id": self.member_id,
            "scope": ",".join(self.scope),
            "status": "L",
            "user_id": user_id,
        }


def _same(query: dict[str, str], name: str, expected: str) -> bool:
    return hmac.compare_digest(query.get(name, "").encode(), expected.encode())


def _fail(code: str) -> Reply:
    return Reply.json({"error": code, "error_description": code.replace("_", " ").capitalize()}, 400)
