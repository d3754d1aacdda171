"""Standard Webhooks: `<prefix>-id`, `-timestamp`, `-signature` over "{id}.{timestamp}.{body}", by HMAC or by Ed25519."""

import binascii
from base64 import b64decode
from math import inf
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from webhooks.presets.arrival import Arrival
from webhooks.presets.schemes import Scheme
from webhooks.presets.schemes.comparing import LONGEST, MISSING, STALE, WRONG, decoded, raw, unless_stale
from webhooks.signing import BadSecret, is_genuine, signing_key

PUBLIC: Final = "whpk_"


def standard(prefix: str) -> Scheme:
    """The secret is `whsec_…`, or the sender's public key `whpk_…` where it signs with a private one."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        headers = {
            f"webhook-{part}": arrival.headers.get(f"{prefix}-{part}", "")
            for part in ("id", "timestamp", "signature")
        }
        if not all(headers.values()):
            return MISSING
        if secret.startswith(PUBLIC):
            return _by_public_key(secret, headers, arrival, tolerance)
        try:
            keys = [signing_key(secret)]
        except BadSecret:
            return WRONG
        if is_genuine(keys, headers, arrival.body, arrival.at, tolerance):
            return ""
        return STALE if is_genuine(keys, headers, arrival.body, arrival.at, inf) else WRONG

    return check


def public_key(secret: str) -> Ed25519PublicKey:
    """ValueError when it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(secret.removeprefix(PUBLIC), validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _by_public_key(secret: str, headers: dict[str, str], arrival: Arrival, tolerance: float) -> str:
    given, timestamp = headers["webhook-signature"], headers["webhook-timestamp"]
    if len(given) > LONGEST:
        return WRONG
    signed = b".".join((raw(headers["webhook-id"]), raw(timestamp), arrival.body))
    entries = [entry.partition(",") for entry in given.split(" ")]
    try:
        key = public_key(secret)
    except ValueError:
        return WRONG
    for version, _comma, signature in entries:
        if version == "v1a" and _is_signed(key, decoded(signature, "base64") or b"", signed):
            return unless_stale(timestamp, arrival.at, tolerance)
    return WRONG


def _is_signed(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
