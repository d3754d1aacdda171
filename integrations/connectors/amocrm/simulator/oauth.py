"""Tokens: codes for 20 minutes, access for a day, refresh tokens that work once and for three months."""

import hmac
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from integrations.connectors.amocrm.simulator.problems import problem
from tenants.simulation import Reply, Request

CODE_SECONDS, ACCESS_SECONDS, REFRESH_SECONDS = 20 * 60, 24 * 3600, 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Client:
    """An integration made in the account."""

    client_id: str
    secret: str
    redirect_uri: str


class OAuth:
    """One integration and its tokens. `skew` moves the clock on."""

    def __init__(self, client: Client, long_lived: str) -> None:
        self.client, self.long_lived = client, long_lived
        self.skew = 0.0
        self.denies = False
        """Whether the person who is asked presses the other button."""
        self.refreshes = 0
        self._codes: dict[str, float] = {}
        self._access: dict[str, float] = {}
        self._refresh: dict[str, float] = {}

    def farewell(self, account_id: int) -> dict[str, str]:
        """What stands in the address that is opened when somebody switches the integration off; its tokens end."""
        self._access.clear()
        self._refresh.clear()
        signed = f"{self.client.client_id}|{account_id}".encode()
        signature = hmac.new(self.client.secret.encode(), signed, "sha256").hexdigest()
        return {"client_uuid": self.client.client_id, "account_id": str(account_id), "signature": signature}

    def knows(self, request: Request) -> bool:
        """Whether the request bears a token that is good now."""
        scheme, _space, token = request.header("authorization").partition(" ")
        if scheme != "Bearer" or not token:
            return False
        if hmac.compare_digest(token.encode(), self.long_lived.encode()) and self.long_lived:
            return True
        return self._access.get(token, 0.0) > self._now()

    def consent(self, request: Request) -> Reply:
        """The page where a person allows it, as if the button had been pressed: back with a code."""
        query = request.query
        if query.get("client_id") != self.client.client_id:
            return Reply.html("<html><body><h1>No such integration</h1></body></html>", 404)
        answer = {"state": query.get("state", ""), "referer": request.header("host"), "platform": "1"}
        if self.denies:
            answer["error"] = "access_denied"
        else:
            answer |= {"code": self.new_code(), "client_id": self.client.client_id}
        parts = urlsplit(self.client.redirect_uri)
        target = urlunsplit(parts._replace(query=urlencode(answer)))
        return Reply(302, headers=(("Location", target),))

    def token(self, request: Request) -> Reply:
        """`POST /oauth2/access_token` with JSON."""
        try:
            data = request.json()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            return problem(400, "Invalid request", hint="")
        expected = (self.client.client_id, self.client.secret)
        given = (str(data.get("client_id", "")), str(data.get("client_secret", "")))
        if not hmac.compare_digest("\n".join(given).encode(), "\n".join(expected).encode()):
            return problem(401, "Client authentication failed", hint="")
        if data.get("redirect_uri") != self.client.redirect_uri:
            return problem(400, "redirect_uri does not match", hint="")
        if data.get("grant_type") == "authorization_code":
            return self._exchange(self._codes, str(data.get("code", "")), "Authorization code has expired")
        if data.get("grant_type") == "refresh_token":
            return self._exchange(self._refresh, str(data.get("refresh_token", "")), "Token has been revoked")
        return problem(400, "Unsupported grant type", hint="")

    def new_code(self) -> str:
        code = secrets.token_urlsafe(40)
        self._codes[code] = self._now() + CODE_SECONDS
        return code

    def expire_access(self) -> None:
        """All access tokens are too old now."""
        self._access.clear()

    def revoke(self) -> None:
        """The integration was switched off in the account."""
        self._access.clear()
        self._refresh.clear()

    def _exchange(self, kept: dict[str, float], given: str, refusal: str) -> Reply:
        until = kept.pop(given, 0.0)
        if until <= self._now():
            return problem(401 if kept is self._refresh else 400, refusal, hint=refusal)
        self.refreshes += kept is self._refresh
        access, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
        self._access[access] = self._now() + ACCESS_SECONDS
        self._refresh[refresh] = self._now() + REFRESH_SECONDS
        return Reply.json(
            {
                "token_type": "Bearer",
                "expires_in": ACCESS_SECONDS,
                "server_time": int(self._now()),
                "access_token": access,
                "refresh_token": refresh,
            }
        )

    def _now(self) -> float:
        return time.time() + self.skew
