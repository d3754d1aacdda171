"""The bookkeeping system's server: RFC 6749 and 7636 to the letter, refresh tokens that work once, and a few calls.

It shares no code with ours, so that the two can disagree.
"""

import hashlib
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from tenants.simulation import BaseSimulator, Reply, Request

CLIENT_ID = "ledger-application"
CLIENT_SECRET = "ledger-application-secret"


class Ledger(BaseSimulator):
    """`life` is that of access tokens in seconds, as told; they end when `expire` says so."""

    name: ClassVar[str] = "ledger"
    title: ClassVar[str] = "Ledger"
    folder: ClassVar[Path] = Path(__file__).parent

    def __init__(self, *, life: float | None = 3600, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host=host, port=port)
        self.life = life
        self.codes: dict[str, dict[str, str]] = {}
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.issued: list[str] = []
        self.entries: list[dict[str, str]] = []
        self.is_forbidden = False
        self._guard = threading.Lock()

    # What tests look at and do.

    @property
    def refreshes(self) -> list[Request]:
        return self.asked_for("refresh_token")

    def asked_for(self, grant: str) -> list[Request]:
        """Requests for tokens by that grant."""
        return [
            one for one in self.requests if one.path == "/token" and _fields(one).get("grant_type") == grant
        ]

    def expire(self) -> None:
        """All access tokens end now; refresh tokens stay."""
        self.access.clear()

    def revoke(self) -> None:
        """The customer took the permission back."""
        self.access.clear()
        self.refresh.clear()

    # What the system answers.

    def respond(self, request: Request) -> Reply:
        with self._guard:
            if request.path == "/authorize":
                return self._authorize(request)
            if request.path == "/token":
                return self._token(request)
            return self._api(request)

    def snapshot(self, language: str) -> dict[str, Any]:
        return {}

    def _authorize(self, request: Request) -> Reply:
        """As if a person had signed in and pressed Allow."""
        asked = request.query
        if asked.get("response_type") != "code" or asked.get("client_id") != CLIENT_ID:
            return Reply.html("<h1>Unknown application</h1>", 400)
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            return Reply.html("<h1>Only S256</h1>", 400)
        code = secrets.token_urlsafe(24)
        self.codes[code] = {
            "challenge": asked.get("code_challenge", ""),
            "redirect_uri": asked.get("redirect_uri", ""),
        }
        back = {"code": code, "state": asked.get("state", ""), "account": "main-books"}
        return Reply(302, headers=(("Location", f"{asked['redirect_uri']}?{urlencode(back)}"),))

    def _token(self, request: Request) -> Reply:
        fields = _fields(request)
        if _client(request, fields) != (CLIENT_ID, CLIENT_SECRET):
            return Reply.json({"error": "invalid_client"}, 401)
        grant = fields.get("grant_type", "")
        if grant == "client_credentials":
            return self._issue(refreshable=False)
        if grant == "refresh_token":
            token = fields.get("refresh_token", "")
            if token not in self.refresh:
                return Reply.json(
                    {"error": "invalid_grant", "error_description": "Token has been revoked"}, 400
                )
            self.refresh.discard(token)
            return self._issue()
        if grant == "authorization_code":
            return self._for_code(fields)
        return Reply.json({"error": "unsupported_grant_type"}, 400)

    def _for_code(self, fields: dict[str, str]) -> Reply:
        begun = self.codes.pop(fields.get("code", ""), None)
        if begun is None or begun["redirect_uri"] != fields.get("redirect_uri"):
            return Reply.json({"error": "invalid_grant"}, 400)
        hashed = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        if not begun["challenge"] and "code_verifier" not in fields:
            return self._issue()
        if begun["challenge"] != urlsafe_b64encode(hashed).decode().rstrip("="):
            return Reply.json({"error": "invalid_grant", "error_description": "PKCE"}, 400)
        return self._issue()

    def _issue(self, *, refreshable: bool = True) -> Reply:
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access.add(access)
        self.issued += [access, refresh]
        answer: dict[str, Any] = {"access_token": access, "token_type": "bearer", "books": "main-books"}
        if self.life is not None:
            answer["expires_in"] = self.life
        if refreshable:
            self.refresh.add(refresh)
            answer["refresh_token"] = refresh
        return Reply.json(answer)

    def _api(self, request: Request) -> Reply:
        _scheme, _, token = request.header("authorization").partition(" ")
        token = token or request.query.get("auth", "") or request.form.get("auth", "")
        if token not in self.access:
            return Reply.json({"error": "expired_token"}, 401)
        if self.is_forbidden:
            return Reply.json({"error": "no_rights"}, 401)
        if request.path == "/api/me":
            return Reply.json({"id": "7", "name": "Anna"})
        if request.path == "/api/entries" and request.method == "POST":
            self.entries.append(request.json())
            return Reply.json({"id": len(self.entries)}, 201)
        return Reply.json({"error": "not_found"}, 404)


def _fields(request: Request) -> dict[str, str]:
    if request.content_type == "application/json":
        found: dict[str, str] = request.json()
        return found
    return {**request.query, **request.form}


def _client(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    scheme, _, value = request.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = b64decode(value).decode().partition(":")
        return name, secret
    return fields.get("client_id", ""), fields.get("client_secret", "")
