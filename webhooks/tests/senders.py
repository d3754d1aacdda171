"""Signs requests as outside senders do, by their published rules and apart from the code under test."""

import hashlib
import hmac
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from config.front import FrontRequest
from webhooks.models import Source

BODY = b'{"type": "order.paid", "id": "evt_1", "data": {"total": 403}}'
SECRETS = {
    "standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "svix": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "stripe": "whsec_5a1f0d9c2b7e4e0d8c6f3a1b",
    "telegram": "telegram_secret-token",
}
SECRET = "a shared secret of some length"
TOKEN = "a-token-of-twenty-characters"
ADDRESS = "192.0.2.7"


def secret_of(preset: str) -> str:
    return SECRETS.get(preset) or (
        TOKEN if preset in ("gitlab", "token", "amocrm", "bitrix24", "ozon") else SECRET
    )


def options_of(preset: str) -> dict[str, str]:
    options = {
        "hmac": {"header": "X-Shop-Signature", "event_field": "type"},
        "ozon": {"networks": "192.0.2.0/24, 2001:db8::/32"},
    }
    return options.get(preset, {})


def signed(
    preset: str, secret: str, body: bytes = BODY, *, at: float | None = None, message_id: str = ""
) -> dict[str, str]:
    """The headers that the sender would send."""
    moment = str(int(time.time() if at is None else at))
    id_ = message_id or f"msg_{uuid.uuid4().hex}"

    def digest(content: bytes, key: bytes = secret.encode()) -> bytes:
        return hmac.new(key, content, hashlib.sha256).digest()

    match preset:
        case "standard" | "svix":
            begin = "webhook" if preset == "standard" else "svix"
            key = b64decode(secret.removeprefix("whsec_"))
            signature = b64encode(digest(f"{id_}.{moment}.".encode() + body, key)).decode()
            return {f"{begin}-id": id_, f"{begin}-timestamp": moment, f"{begin}-signature": f"v1,{signature}"}
        case "shopify":
            return {
                "X-Shopify-Topic": "orders/create",
                "X-Shopify-Hmac-SHA256": b64encode(digest(body)).decode(),
            }
        case "github":
            return {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={digest(body).hex()}"}
        case "stripe":
            return {"Stripe-Signature": f"t={moment},v1={digest(moment.encode() + b'.' + body).hex()},v0=abc"}
        case "slack":
            signature = digest(f"v0:{moment}:".encode() + body).hex()
            return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={signature}"}
        case "gitlab":
            return {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": id_}
        case "telegram":
            return {"X-Telegram-Bot-Api-Secret-Token": secret}
        case "hmac":
            return {"X-Shop-Signature": digest(body).hex()}
        case _:
            return {"Idempotency-Key": id_}


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
    lines = [(b"host", b"hub.example.com"), (b"content-type", content_type.encode()), *headers]
    return FrontRequest("POST", source.path, query, lines, body, ADDRESS)


def genuine(
    source: Source, body: bytes = BODY, *, at: float | None = None, message_id: str = ""
) -> FrontRequest:
    """A request that this source must accept."""
    query = f"a=b&token={source.secret}".encode() if source.has_secret_in_url else b""
    headers = signed(source.preset, source.secret, body, at=at, message_id=message_id)
    return posted(source, headers, body, query)
