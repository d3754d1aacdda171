"""PayPal: RSA over id, time, the webhook's id and the checksum of the body, with the certificate that the request names."""

import re
import zlib
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from webhooks.presets.arrival import Arrival
from webhooks.presets.certificates import known_key
from webhooks.presets.schemes.comparing import LONGEST, MISSING, STALE, WRONG, decoded, raw

# Only PayPal can put anything below these addresses: another host, port or path would let anybody bring a key.
CERTIFICATE: Final = re.compile(
    r"https://(?:[a-z0-9-]{1,40}\.){0,3}paypal\.com(?::443)?/v1/notifications/certs/[A-Za-z0-9_-]{1,100}\Z"
)
UNKNOWN: Final = "certificate_unknown"
LONGEST_REPEATING: Final = 4 * 24 * 3600.0


def certificate_of(arrival: Arrival) -> str:
    """The address of the certificate that a request is signed with; empty when it names none that is believed."""
    found = arrival.headers.get("paypal-cert-url", "")
    return found if CERTIFICATE.match(found) else ""


def paypal(arrival: Arrival, secret: str, tolerance: float) -> str:
    """The secret is the webhook's id, which is a part of what is signed; the tolerance does not count.

    PayPal repeats a request for three days with the time of its first attempt.
    """
    id_, moment, signature = (
        arrival.headers.get(f"paypal-transmission-{part}", "") for part in ("id", "time", "sig")
    )
    if not (id_ and moment and signature):
        return MISSING
    algorithm = arrival.headers.get("paypal-auth-algo", "")
    certificate = certificate_of(arrival)
    given = decoded(signature, "base64")
    if len(signature) > LONGEST or given is None or algorithm != "SHA256withRSA" or not certificate:
        return WRONG
    key = known_key(certificate, arrival.at)
    if key is None:
        return UNKNOWN
    signed = raw(f"{id_}|{moment}|{secret}|{zlib.crc32(arrival.body)}")
    try:
        key.verify(given, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return WRONG
    return "" if _is_recent(moment, arrival.at) else STALE


def _is_recent(moment: str, now: float) -> bool:
    try:
        then = datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        return False
    return -300 <= now - then <= LONGEST_REPEATING
