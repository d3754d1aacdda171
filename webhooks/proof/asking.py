"""Asks a token's address for a token by a client's credentials (RFC 6749, 4.4), by the way of every other request."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson
from django.utils import timezone

from tenants.granting import PASSING, REFUSING, is_sound_token, refusal_in_words, seconds_of
from webhooks import limits
from webhooks.proof.logins import Client
from webhooks.sender import Request, Way
from webhooks.sender.messages import REPLY_BODY_LIMIT
from webhooks.sender.once import send_once

SECONDS: Final = 20.0
REFUSED: Final = "token_refused"
FAILED: Final = "token_failed"


class TokenTrouble(Exception):
    """No token; `code` is one of webhooks.reasons, `detail` their words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Granted:
    access: str = field(repr=False)
    expires_at: datetime | None


def ask(client: Client, way: Way | None, egress_allow: str) -> Granted:
    """A new token; TokenTrouble says why there is none. No transaction may be open."""
    parts = urlsplit(client.token_url)
    reply = send_once(
        Request(
            token=None,
            url=client.token_url,
            host=f"{parts.scheme}://{parts.netloc}",
            headers=lambda: _headers(client),
            body=_body(client),
            timeout_ms=int(SECONDS * 1000),
            connect_timeout_ms=int(limits.CONNECT_TIMEOUT * 1000),
            egress_allow=egress_allow,
            way=way,
        )
    )
    if reply.error:
        raise TokenTrouble(FAILED, f"{reply.error} {reply.detail}".strip())
    return _read(reply.status, reply.body, is_cut=reply.is_cut)


def _headers(client: Client) -> list[str]:
    lines = ["Content-Type: application/x-www-form-urlencoded", "Accept: application/json"]
    if client.client_in == "header":
        # Each part is encoded as in a form before the pair is (RFC 6749, 2.3.1).
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}".encode()
        lines.append(f"Authorization: Basic {b64encode(pair).decode()}")
    return lines


def _body(client: Client) -> bytes:
    fields = {"grant_type": "client_credentials", "scope": client.scope, "audience": client.audience}
    if client.client_in == "body":
        fields |= {"client_id": client.client_id, "client_secret": client.client_secret}
    return urlencode({name: value for name, value in fields.items() if value}).encode()


def _read(status: int, body: bytes, *, is_cut: bool) -> Granted:
    answer, lack = _object(body, is_cut=is_cut)
    reason = refusal_in_words(answer) or f"HTTP {status}"
    if "error" in answer or status in REFUSING:
        # Without an answer of its form something in between turned us away.
        is_final = "error" in answer and answer["error"] not in PASSING
        raise TokenTrouble(REFUSED if is_final else FAILED, reason)
    if not 200 <= status < 300:
        raise TokenTrouble(FAILED, f"HTTP {status}")
    token = answer.get("access_token")
    if not isinstance(token, str) or not is_sound_token(token):
        raise TokenTrouble(FAILED, lack or "no sound access_token")
    life = seconds_of(answer, "expires_in")
    return Granted(token, timezone.now() + timedelta(seconds=life) if life else None)


def _object(body: bytes, *, is_cut: bool) -> tuple[dict[str, Any], str]:
    """What is said; or nothing, and what is wrong with it."""
    if is_cut:
        return {}, f"the answer has more than {REPLY_BODY_LIMIT // 1024} KB"
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    return (answer, "") if isinstance(answer, dict) else ({}, "the answer is no JSON object")
