"""Standard Webhooks v1 over raw bytes: secrets, signatures, verification (www.standardwebhooks.com, 1.0.0)."""

import binascii
import hmac
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from webhooks.asymmetric import is_private, signature

PREFIX = "whsec_"
NEW_SECRET_BYTES = 32
ALLOWED_SECRET_BYTES = range(24, 65)
TOLERANCE_SECONDS = 300
# Longer header values are not looked at: nobody signs with hundreds of keys.
MAX_SIGNATURE_HEADER = 4096


class BadSecret(ValueError):
    """The text is not a signing secret; `message` is written for the person who typed it."""

    message = _("A signing secret is “whsec_” followed by the base64 form of 24 to 64 random bytes.")

    def __str__(self) -> str:
        return str(self.args[0] if self.args else self.message)


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(NEW_SECRET_BYTES)).decode()


def signing_key(secret: str) -> bytes:
    """The key bytes behind `whsec_<base64>`; BadSecret when it is anything else."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret from error
    if len(key) not in ALLOWED_SECRET_BYTES or not secret.startswith(PREFIX):
        raise BadSecret
    return key


def signature_header(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """One `v1,<base64>` or `v1a,<base64>` per live key, so that receivers holding either side of a rotation agree."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return " ".join(
        signature(key, signed) if is_private(key) else "v1," + _digest(key, signed) for key in keys
    )


def is_genuine(
    keys: Sequence[bytes],
    headers: Mapping[str, str],
    body: bytes,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> bool:
    """Whether a request with these lower-case header names was signed with one of the keys, recently.

    Hostile headers are a False, never an exception; without keys nothing is genuine.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not message_id or len(given) > MAX_SIGNATURE_HEADER or not _is_fresh(timestamp, now, tolerance):
        return False
    signed = b".".join((message_id.encode("utf-8", "surrogatepass"), timestamp.encode(), body))
    expected = [_digest(key, signed).encode() for key in keys]
    matches = False
    for entry in given.split(" "):
        version, _comma, value = entry.partition(",")
        if version == "v1":
            candidate = value.encode("utf-8", "surrogatepass")
            # No early exit: the time taken must not tell which key came close.
            for digest in expected:
                matches |= hmac.compare_digest(digest, candidate)
    return matches


def _is_fresh(timestamp: str, now: float | None, tolerance: float) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs((time.time() if now is None else now) - int(timestamp)) <= tolerance


def _digest(key: bytes, signed: bytes) -> str:
    return b64encode(hmac.digest(key, signed, "sha256")).decode()
