"""Who is asking: the ways of sending a key, and tokens for a client's id and secret."""

import hmac
import secrets
from base64 import b64decode
from time import monotonic

from tenants.simulation import Reply, Request

USERNAME = "hub"
CLIENT_ID = "simulator-client"
TOKEN_SECONDS = 600.0


class Keys:
    """`scheme` is how this system wants its key; with oauth2 it is the client's secret."""

    def __init__(self, scheme: str, key: str) -> None:
        self.scheme, self.key = scheme, key
        self._tokens: dict[str, float] = {}

    def is_known(self, request: Request) -> bool:
        """Whether the request proves who it is in the way that this system wants it."""
        if self.scheme == "none":
            return True
        bearer = request.header("authorization").removeprefix("Bearer ")
        if self.scheme == "oauth2":
            return self._tokens.get(bearer, 0.0) > monotonic()
        found = {
            "bearer": bearer,
            "header": request.header("x-api-key"),
            "query": request.query.get("api_token", ""),
            "basic": _of_basic(request, USERNAME),
        }[self.scheme]
        return hmac.compare_digest(found.encode(), self.key.encode())

    def give_token(self, request: Request) -> Reply:
        """RFC 6749, 4.4: the client in the body or in Basic."""
        form = request.form
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply.json({"error": "unsupported_grant_type"}, 400)
        in_body = form.get("client_secret", "") if form.get("client_id") == CLIENT_ID else ""
        secret = in_body or _of_basic(request, CLIENT_ID)
        if not hmac.compare_digest(secret.encode(), self.key.encode()):
            return Reply.json({"error": "invalid_client", "error_description": "unknown client"}, 401)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = monotonic() + TOKEN_SECONDS
        told = {"access_token": token, "token_type": "Bearer", "expires_in": int(TOKEN_SECONDS)}
        return Reply.json(told | ({"scope": form["scope"]} if form.get("scope") else {}))

    def forget_tokens(self) -> None:
        self._tokens.clear()


def _of_basic(request: Request, user: str) -> str:
    scheme, _space, pair = request.header("authorization").partition(" ")
    try:
        found, _colon, password = b64decode(pair).decode().partition(":")
    except ValueError:
        return ""
    return password if scheme == "Basic" and found == user else ""
