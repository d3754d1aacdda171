"""What goes into the engine and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webhooks.sender.ways import Way

REPLY_BODY_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How wide the engine may open: connections in all, connections to one host."""

    connections: int = 256
    per_host: int = 32


@dataclass(slots=True)
class Request:
    """One POST to make, or a GET, which has no body. Of the reply's body, `most_bytes` are read.

    `host` is the key of the per-host limit. `headers` is asked when the request really starts, so that a signature's
    timestamp is fresh even after a wait for a free connection; it gives ready header lines. `token` comes back.
    """

    token: Any
    url: str
    host: str
    headers: Callable[[], list[str]]
    body: bytes
    timeout_ms: int
    connect_timeout_ms: int
    egress_allow: str = ""
    way: Way | None = None
    is_get: bool = False
    most_bytes: int = REPLY_BODY_LIMIT


@dataclass(slots=True)
class Reply:
    """What became of a request. `error` is empty when a complete reply arrived, whatever its status.

    Times are milliseconds since the start; `status` 0 means that no status line arrived. `body` holds at most
    as many bytes as the request said, and `is_cut` tells that there was more.
    """

    request: Request
    sent_headers: list[str]
    started_at: float
    error: str
    detail: str
    status: int
    headers: bytes
    body: bytes
    is_cut: bool
    dns_ms: float
    connect_ms: float
    tls_ms: float
    first_byte_ms: float
    total_ms: float
    is_reused: bool
