"""Signs requests as outside senders do, by their published rules and apart from the code under test."""

import hashlib
import hmac
import json
import time
import uuid
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.conf import settings

from config.front import FrontRequest
from webhooks.models import Source
from webhooks.tests import paypal

BODY = b'{"type": "order.paid", "id": "evt_1", "data": {"total": 403}}'
SECRETS = {
    "standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "svix": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "stripe": "whsec_5a1f0d9c2b7e4e0d8c6f3a1b",
    "telegram": "telegram_secret-token",
    "gitlab_signed": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "basic": "shop:a password of some length",
    "jwt": "a shared secret of thirty-two bytes or more",
}
TOKENS = (
    "gitlab",
    "token",
    "amocrm",
    "bitrix24",
    "ozon",
    "yookassa",
    "retailcrm",
    "planfix",
    "vk",
    "smsc",
)
SECRET = "a shared secret of some length"
TOKEN = "a-token-of-twenty-characters"
ADDRESS = "192.0.2.7"
# What a genuine request is answered with, where that is not an empty object.
REPLIES = {
    "ozon": b'{"result":true}',
    "whatsapp": b"",
    "viber": b"",
    "twilio": b"",
    "vk": b"ok",
    "planfix": b"",
}


def secret_of(preset: str) -> str:
    return SECRETS.get(preset) or (TOKEN if preset in TOKENS else SECRET)


def another_secret(preset: str) -> str:
    """One of the right form that is not the source's."""
    if preset in ("standard", "svix", "gitlab_signed"):
        return "whsec_" + "B" * 32
    return "x" * 40


def options_of(preset: str) -> dict[str, str]:
    options = {
        "hmac": {"header": "X-Shop-Signature", "event_field": "type"},
        "ozon": {"networks": "192.0.2.0/24, 2001:db8::/32"},
        "yookassa": {"networks": "192.0.2.0/24"},
    }
    return options.get(preset, {})


@dataclass(frozen=True)
class Letter:
    """What a sender is about to send."""

    secret: str
    body: bytes
    moment: str
    id: str
    url: str

    def digest(self, content: bytes, key: bytes | None = None, algorithm: str = "sha256") -> bytes:
        return hmac.new(self.secret.encode() if key is None else key, content, algorithm).digest()

    def hex(self, begin: str = "", algorithm: str = "sha256") -> str:
        return self.digest(begin.encode() + self.body, algorithm=algorithm).hex()


def signed(
    preset: str,
    secret: str,
    body: bytes = BODY,
    *,
    at: float | None = None,
    message_id: str = "",
    url: str = "",
) -> dict[str, str]:
    """The headers that the sender would send."""
    moment = str(int(time.time() if at is None else at))
    id_ = message_id or f"msg_{uuid.uuid4().hex}"
    letter = Letter(secret, body, moment, id_, url or settings.PUBLIC_URL)
    return SIGNERS.get(preset, lambda one: {"Idempotency-Key": one.id})(letter)


def _standard(begin: str, letter: Letter) -> dict[str, str]:
    key = b64decode(letter.secret.removeprefix("whsec_"))
    signature = letter.digest(f"{letter.id}.{letter.moment}.".encode() + letter.body, key)
    return {
        f"{begin}-id": letter.id,
        f"{begin}-timestamp": letter.moment,
        f"{begin}-signature": f"v1,{b64encode(signature).decode()}",
    }


def _hubspot(letter: Letter) -> dict[str, str]:
    moment = f"{letter.moment}000"
    signature = letter.digest(f"POST{letter.url}".encode() + letter.body + moment.encode())
    return {
        "X-HubSpot-Signature-v3": b64encode(signature).decode(),
        "X-HubSpot-Request-Timestamp": moment,
    }


def _twilio(letter: Letter) -> dict[str, str]:
    fields = sorted(parse_qsl(letter.body.decode("utf-8", "replace"), keep_blank_values=True))
    words = letter.url + "".join(name + value for name, value in fields)
    return {
        "X-Twilio-Signature": b64encode(letter.digest(words.encode(), algorithm="sha1")).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }


SIGNERS: Mapping[str, Callable[[Letter], dict[str, str]]] = {
    "standard": lambda one: _standard("webhook", one),
    "gitlab_signed": lambda one: _standard("webhook", one),
    "svix": lambda one: _standard("svix", one),
    "shopify": lambda one: {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-SHA256": b64encode(one.digest(one.body)).decode(),
    },
    "github": lambda one: {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={one.hex()}"},
    "whatsapp": lambda one: {"X-Hub-Signature-256": f"sha256={one.hex()}"},
    "confluence": lambda one: {"X-Hub-Signature": f"sha256={one.hex()}"},
    "viber": lambda one: {"X-Viber-Content-Signature": one.hex()},
    "amocrm_chats": lambda one: {"X-Signature": one.hex(algorithm="sha1")},
    "stripe": lambda one: {"Stripe-Signature": f"t={one.moment},v1={one.hex(f'{one.moment}.')},v0=abc"},
    "slack": lambda one: {
        "X-Slack-Request-Timestamp": one.moment,
        "X-Slack-Signature": f"v0={one.hex(f'v0:{one.moment}:')}",
    },
    "zoom": lambda one: {
        "x-zm-request-timestamp": one.moment,
        "x-zm-signature": f"v0={one.hex(f'v0:{one.moment}:')}",
    },
    "hubspot": _hubspot,
    "twilio": _twilio,
    "paypal": lambda one: paypal.signed(one.secret, one.body, one.moment),
    "jwt": lambda one: {
        "Authorization": f"Bearer {web_token({'iat': int(one.moment), 'jti': one.id}, one.secret)}"
    },
    "basic": lambda one: {"Authorization": f"Basic {b64encode(one.secret.encode()).decode()}"},
    "gitlab": lambda one: {
        "X-Gitlab-Token": one.secret,
        "X-Gitlab-Event": "Push Hook",
        "X-Gitlab-Event-UUID": one.id,
    },
    "telegram": lambda one: {"X-Telegram-Bot-Api-Secret-Token": one.secret},
    "hmac": lambda one: {"X-Shop-Signature": one.hex()},
}


def web_token(claims: Mapping[str, object], secret: str) -> str:
    """HS256, by hand."""

    def encoded(part: bytes) -> str:
        return urlsafe_b64encode(part).decode().rstrip("=")

    begin = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{begin}.{encoded(hmac.new(secret.encode(), begin.encode(), hashlib.sha256).digest())}"


def posted(
    source: Source,
    headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]],
    body: bytes = BODY,
    query: bytes = b"",
    content_type: str = "application/json",
) -> FrontRequest:
    """What the front hands to the receiver."""
    if isinstance(headers, Mapping):
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    headers = list(headers)
    if not any(name.lower() == b"content-type" for name, _value in headers):
        headers.insert(0, (b"content-type", content_type.encode()))
    lines = [(b"host", b"hub.example.com"), *headers]
    return FrontRequest("POST", source.path, query, lines, body, ADDRESS)


def genuine(
    source: Source, body: bytes = BODY, *, at: float | None = None, message_id: str = ""
) -> FrontRequest:
    """A request that this source must accept."""
    if source.preset == "vk":
        body = body.replace(b"{", f'{{"secret": "{source.secret}", '.encode(), 1)
    query = f"a=b&token={source.secret}".encode() if source.has_secret_in_url else b""
    url = settings.PUBLIC_URL + source.path + (f"?{query.decode()}" if query else "")
    headers = signed(source.preset, source.secret, body, at=at, message_id=message_id, url=url)
    return posted(source, headers, body, query)
