"""The usual signature: an HMAC over the parts of a request in a fixed order."""

import hashlib
import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from integrations.http.auth import Credentials
from integrations.http.draft import Outgoing

Canonical = Callable[[Outgoing, str], bytes]
"""The bytes that are signed; the second argument is the moment that `timestamp_header` tells, or empty."""


def method_path_body(outgoing: Outgoing, timestamp: str) -> bytes:
    """Method, path with query, moment and body, one a line."""
    parts = urlsplit(outgoing.url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return "\n".join((outgoing.method, target, timestamp, "")).encode() + (outgoing.body or b"")


@dataclass(frozen=True, slots=True)
class HmacSigner:
    """Signs with the credential `field`. `timestamp_header` carries seconds since 1970 when it is named."""

    field: str
    header: str
    canonical: Canonical = method_path_body
    algorithm: Literal["sha256", "sha512", "sha1", "md5"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    timestamp_header: str = ""

    def __call__(self, credentials: Credentials, outgoing: Outgoing) -> Mapping[str, str]:
        timestamp = str(int(time.time())) if self.timestamp_header else ""
        key = str(credentials.get(self.field, "")).encode()
        digest = hmac.new(key, self.canonical(outgoing, timestamp), getattr(hashlib, self.algorithm)).digest()
        text = digest.hex() if self.encoding == "hex" else b64encode(digest).decode()
        told = {self.timestamp_header: timestamp} if self.timestamp_header else {}
        return {**told, self.header: f"{self.prefix}{text}"}
