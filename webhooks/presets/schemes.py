"""The schemes of proof. Each looks at raw bytes only, in constant time, and never raises whatever was sent.

A scheme returns the code of `webhooks.reasons` that says why the proof fails, or an empty text when it holds.
"""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import inf
from typing import Final

from config.egress.allow import allow_list
from webhooks.presets.arrival import Arrival
from webhooks.signing import is_genuine, signing_key

Network = IPv4Network | IPv6Network
Scheme = Callable[[Arrival, str, float], str]
"""(arrival, secret, tolerance in seconds) -> reason, empty when genuine."""

MISSING: Final = "signature_missing"
WRONG: Final = "signature_wrong"
STALE: Final = "timestamp_stale"
STRANGE: Final = "address_strange"
LONGEST: Final = 4096  # of a header that proves something


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def standard(prefix: str) -> Scheme:
    """Standard Webhooks: `<prefix>-id`, `-timestamp`, `-signature` over "{id}.{timestamp}.{body}"."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        headers = {
            f"webhook-{part}": arrival.headers.get(f"{prefix}-{part}", "")
            for part in ("id", "timestamp", "signature")
        }
        if not all(headers.values()):
            return MISSING
        keys = [signing_key(secret)]
        if is_genuine(keys, headers, arrival.body, arrival.at, tolerance):
            return ""
        return STALE if is_genuine(keys, headers, arrival.body, arrival.at, inf) else WRONG

    return check


def hmac_of_body(header: str = "", prefix: str = "", encoding: str = "hex") -> Scheme:
    """HMAC-SHA256 of the body in a header; what is not given here comes from the source's options."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        options = arrival.options
        given = arrival.headers.get((header or options.get("header", "")).lower(), "")
        if not given:
            return MISSING
        begin = prefix or options.get("prefix", "")
        if len(given) > LONGEST or not given.startswith(begin):
            return WRONG
        digest = hmac.digest(secret.encode(), arrival.body, "sha256")
        is_base64 = (options.get("encoding") or encoding) == "base64"
        return "" if _is_digest(given[len(begin) :], digest, is_base64=is_base64) else WRONG

    return check


def stripe(arrival: Arrival, secret: str, tolerance: float) -> str:
    """`Stripe-Signature: t=…,v1=…,v1=…` over "{t}.{body}". The secret is used as the text that it is, whsec_ and all."""
    given = arrival.headers.get("stripe-signature", "")
    if not given:
        return MISSING
    parts = [part.strip().partition("=") for part in given[:LONGEST].split(",")]
    times = [value for name, _sign, value in parts if name == "t"]
    if len(times) != 1:
        return WRONG
    signed = times[0].encode("utf-8", "surrogatepass") + b"." + arrival.body
    digest = hmac.digest(secret.encode(), signed, "sha256")
    matches = [_is_digest(value, digest) for name, _sign, value in parts if name == "v1"]
    return _unless_stale(any(matches), times[0], arrival.at, tolerance)


def slack(arrival: Arrival, secret: str, tolerance: float) -> str:
    """`X-Slack-Signature: v0=…` over "v0:{timestamp}:{body}"."""
    given = arrival.headers.get("x-slack-signature", "")
    timestamp = arrival.headers.get("x-slack-request-timestamp", "")
    if not given or not timestamp:
        return MISSING
    if len(given) > LONGEST or not given.startswith("v0="):
        return WRONG
    signed = b"v0:%s:%s" % (timestamp.encode("utf-8", "surrogatepass"), arrival.body)
    digest = hmac.digest(secret.encode(), signed, "sha256")
    return _unless_stale(_is_digest(given[3:], digest), timestamp, arrival.at, tolerance)


def token_in(header: str = "") -> Scheme:
    """The secret itself: in a header, or else in the parameter `token` of the URL."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        name = (header or arrival.options.get("header", "")).lower()
        given = arrival.headers.get(name) if name else arrival.parameter("token")
        if not given:
            return MISSING
        begin = arrival.options.get("prefix", "") if name else ""
        if len(given) > LONGEST or not given.startswith(begin):
            return WRONG
        return "" if same(given[len(begin) :].strip(), secret) else WRONG

    return check


def token_in_form(field: str) -> Scheme:
    """The secret itself: in a field of the body, or else in the parameter `token` of the URL."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        given = [one for one in (arrival.value(field), arrival.parameter("token")) if one]
        if not given:
            return MISSING
        matches = [len(one) <= LONGEST and same(one, secret) for one in given]
        return "" if any(matches) else WRONG

    return check


def token_from(networks: str) -> Scheme:
    """The secret in the URL, and a sender in one of these networks or of those in the option `networks`.

    What the operator reaches in private networks (EGRESS_ALLOW) may send, too: a simulator, or a proxy of their own.
    """
    check = token_in()

    def check_both(arrival: Arrival, secret: str, tolerance: float) -> str:
        theirs = parsed_networks(arrival.options.get("networks") or networks)
        allowed = [*theirs, *(one.network for one in allow_list())]
        return check(arrival, secret, tolerance) or ("" if _is_within(arrival.address, allowed) else STRANGE)

    return check_both


@lru_cache(maxsize=200)
def parsed_networks(text: str) -> tuple[Network, ...]:
    """Networks with commas between them; ValueError when one is none."""
    return tuple(ip_network(part.strip()) for part in text.split(","))


def _is_within(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in network for network in networks)


def _is_digest(given: str, digest: bytes, *, is_base64: bool = False) -> bool:
    try:
        raw = given.encode("ascii")
        decoded = b64decode(raw, validate=True) if is_base64 else binascii.unhexlify(raw)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return False
    return hmac.compare_digest(decoded, digest)


def _unless_stale(is_genuine_: bool, timestamp: str, now: float, tolerance: float) -> str:
    if not is_genuine_:
        return WRONG
    is_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    return "" if is_time and abs(now - int(timestamp)) <= tolerance else STALE
