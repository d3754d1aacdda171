"""Reads a request's body with a cap on its size and on the time it may take."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from config.front.asgi_types import Headers, Receive
from config.front.messages import FrontResponse, problem
from config.front.patience import Patience

# A sender that is cut off while it still writes sees a reset instead of our 413: read a little more first.
DRAIN_BYTES = 16 * 1024 * 1024
DRAIN_SECONDS = 2
CLOSE = (("Connection", "close"),)
reading = Patience(30)


class BodyTooLarge(Exception):
    """More bytes than the path takes."""


class BodyTooSlow(Exception):
    """The sender did not finish in time."""


class BodyCutShort(Exception):
    """The body ended before it was complete: the sender went away, or frames it otherwise than it says."""


def declared_length(headers: Headers) -> int | None:
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes."""
    chunks: list[bytes] = []
    await read_into(chunks.append, headers, receive, limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_into(write: Callable[[bytes], object], headers: Headers, receive: Receive, limit: int) -> None:
    """Hand the body to `write` piece by piece."""
    declared = declared_length(headers)
    if declared is not None and declared > limit:
        await _drain(receive)
        raise BodyTooLarge
    try:
        with reading:
            await _read(write, receive, limit)
    except TimeoutError:
        raise BodyTooSlow from None


async def _read(write: Callable[[bytes], object], receive: Receive, limit: int) -> None:
    total = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyCutShort
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        total += len(piece)
        if total > limit:
            if more:
                await _drain(receive)
            raise BodyTooLarge
        write(piece)


async def _drain(receive: Receive) -> None:
    dropped = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while dropped < DRAIN_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                dropped += len(message.get("body", b""))
    except TimeoutError:
        return


def refusal(error: Exception, limit: int) -> FrontResponse:
    """The answer to a body that was not read to its end; the connection cannot be used again."""
    if isinstance(error, BodyTooLarge):
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {limit} bytes are taken here.", CLOSE)
    if isinstance(error, BodyCutShort):
        # Whoever went away does not read this. The server tells neither case from the other, and would answer 500.
        return problem(HTTPStatus.BAD_REQUEST, "The body ended before it was complete.", CLOSE)
    return problem(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.", CLOSE)


REFUSED = (BodyTooLarge, BodyTooSlow, BodyCutShort)
