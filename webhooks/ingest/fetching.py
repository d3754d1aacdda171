"""Fetches what a sender publishes at an address: keys and certificates. One request, in the calling thread."""

from typing import Final
from urllib.parse import urlsplit

from webhooks import limits
from webhooks.sender import Request
from webhooks.sender.once import send_once

LARGEST: Final = 64 * 1024
SECONDS: Final = 5.0


class NotFetched(Exception):
    """There was no answer that counts; the text says why."""


def fetched(place: str, accept: str) -> bytes:
    """Through the egress policy, without redirects, within five seconds in all and 64 KB."""
    parts = urlsplit(place)
    reply = send_once(
        Request(
            token=None,
            url=place,
            host=f"{parts.scheme}://{parts.netloc}",
            headers=lambda: [f"Accept: {accept}"],
            body=b"",
            timeout_ms=int(SECONDS * 1000),
            connect_timeout_ms=int(min(SECONDS, limits.CONNECT_TIMEOUT) * 1000),
            is_get=True,
            most_bytes=LARGEST,
        )
    )
    if reply.error:
        raise NotFetched(f"{reply.error} {reply.detail}".strip())
    if reply.status != 200:
        raise NotFetched(f"HTTP {reply.status}")
    if reply.is_cut:
        raise NotFetched(f"more than {LARGEST} bytes")
    return reply.body
