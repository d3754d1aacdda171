"""Schemes that sign the address that was called: it must be the public one, which PUBLIC_URL names."""

import hashlib
import hmac
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from webhooks.presets.arrival import Arrival
from webhooks.presets.schemes.comparing import (
    LONGEST,
    MILLISECONDS,
    MISSING,
    WRONG,
    is_digest,
    raw,
    same,
    unless_stale,
)
from webhooks.presets.schemes.signed import signed_bytes

_TWILIO_HASHES: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_USUAL_PORTS: Final = {"https": 443, "http": 80}
# HubSpot signs the address with these decoded (developers.hubspot.com, "Validating requests").
_PLAIN: Final = re.compile(r"%(?:3[ABF]|2[1479ABCF8]|40)", re.IGNORECASE)


def twilio(arrival: Arrival, secret: str, tolerance: float) -> str:
    """`X-Twilio-Signature` over the URL and the sorted form; a JSON body is covered by `bodySHA256` in the URL.

    Twilio writes the port into the URL or leaves it out, so both are tried. The newer kind of key says so in a header:
    whoever changes that header only makes the signature wrong.
    """
    given = arrival.headers.get("x-twilio-signature", "")
    if not given:
        return MISSING
    settings = _pairs(arrival.headers.get("x-twilio-webhooks-signature-settings", ""))
    algorithm = _TWILIO_HASHES.get(settings.get("algorithm", "HMAC_SHA1").upper())
    if len(given) > LONGEST or algorithm is None:
        return WRONG
    rest = b""
    if arrival.is_form:
        rest = signed_bytes("{sorted_form}", arrival)
    elif arrival.body:
        promised = arrival.parameter("bodySHA256") or ""
        if not same(promised.lower(), hashlib.sha256(arrival.body).hexdigest()):
            return WRONG
    key = raw(secret)
    matches = [
        is_digest(given, hmac.digest(key, raw(url) + rest, algorithm), "base64")
        for url in _with_and_without_port(arrival.url)
    ]
    return "" if any(matches) else WRONG


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, _sign, value in parts}


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _USUAL_PORTS.get(parts.scheme, 443)
    return _at(parts, host), _at(parts, f"{host}:{port}")


def _at(parts: SplitResult, place: str) -> str:
    return f"{parts.scheme}://{place}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def hubspot(arrival: Arrival, secret: str, tolerance: float) -> str:
    """The version that the source's options name and no other: v1 and v2 are plain hashes, and v2 has no time."""
    version = arrival.options.get("version") or "v3"
    name = "x-hubspot-signature-v3" if version == "v3" else "x-hubspot-signature"
    given = arrival.headers.get(name, "")
    if not given:
        return MISSING
    if len(given) > LONGEST:
        return WRONG
    if version != "v3":
        begin = raw(secret) + (raw(arrival.method + arrival.url) if version == "v2" else b"")
        digest = hashlib.sha256(begin + arrival.body).digest()
        return "" if is_digest(given, digest) else WRONG
    timestamp = arrival.headers.get("x-hubspot-request-timestamp", "")
    if not timestamp:
        return MISSING
    url = _PLAIN.sub(lambda found: bytes.fromhex(found[0][1:]).decode(), arrival.url)
    signed = raw(arrival.method + url) + arrival.body + raw(timestamp)
    digest = hmac.digest(raw(secret), signed, "sha256")
    if not is_digest(given, digest, "base64"):
        return WRONG
    return unless_stale(timestamp, arrival.at, tolerance, MILLISECONDS)
