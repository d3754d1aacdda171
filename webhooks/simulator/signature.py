"""A receiver's own check of a Standard Webhooks signature, written apart from the code that signs."""

import base64
import hashlib
import hmac
from enum import StrEnum
from time import time

TOLERANCE_SECONDS = 300


class Verdict(StrEnum):
    """What came out of the check."""

    GOOD = "good"
    MISSING = "missing"  # a header is absent, or the timestamp is no number
    STALE = "stale"  # the timestamp is more than five minutes away
    WRONG = "wrong"
    UNCHECKED = "unchecked"  # the receiver was given no secret


def key_of(secret: str) -> bytes:
    """The key inside `whsec_…`; raises ValueError when that is not base64."""
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def check(key: bytes, identifier: str, timestamp: str, signatures: str, body: bytes) -> Verdict:
    """Any one `v1` entry of the space-separated list that matches is enough; other versions are skipped."""
    if not (identifier and signatures and timestamp.isascii() and timestamp.isdigit()):
        return Verdict.MISSING
    if abs(time() - int(timestamp)) > TOLERANCE_SECONDS:
        return Verdict.STALE
    signed = identifier.encode() + b"." + timestamp.encode() + b"." + body
    wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    matches = [hmac.compare_digest(wanted, entry.encode()) for entry in signatures.split()]
    return Verdict.GOOD if any(matches) else Verdict.WRONG
