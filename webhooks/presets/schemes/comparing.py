"""What all schemes share: the reasons, comparing in constant time, reading digests and times of strangers."""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64decode
from typing import Final

MISSING: Final = "signature_missing"
WRONG: Final = "signature_wrong"
STALE: Final = "timestamp_stale"
STRANGE: Final = "address_strange"
LONGEST: Final = 4096  # of a header that proves something
ENCODINGS: Final = ("hex", "base64", "base64url")
MILLISECONDS: Final = "ms"


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(raw(given), raw(expected))


def is_digest(given: str, digest: bytes, encoding: str = "hex") -> bool:
    found = decoded(given, encoding)
    return found is not None and hmac.compare_digest(found, digest)


def decoded(given: str, encoding: str) -> bytes | None:
    """The bytes that a text stands for; None when it stands for none."""
    try:
        written = given.encode("ascii")
        if encoding == "base64":
            return b64decode(written, validate=True)
        if encoding == "base64url":
            return urlsafe_b64decode(written.rstrip(b"=") + b"=" * (-len(written.rstrip(b"=")) % 4))
        return binascii.unhexlify(written)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None


def seconds(timestamp: str, unit: str = "") -> float | None:
    """Unix seconds of a signed time, None when it is none."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return None
    return int(timestamp) / (1000 if unit == MILLISECONDS else 1)


def unless_stale(timestamp: str, now: float, tolerance: float, unit: str = "") -> str:
    """The reason, for what was signed rightly."""
    moment = seconds(timestamp, unit)
    return "" if moment is not None and abs(now - moment) <= tolerance else STALE
