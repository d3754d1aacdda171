"""The other side of a synchronisation: pages of contacts from memory, as fast as a process can send them."""

import asyncio
import json
import multiprocessing
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

ASKED = re.compile(rb"GET /+contacts\?offset=(\d+)")
BEGINNING = datetime(2026, 6, 1, tzinfo=UTC)
SHARE_CHANGED = 10


def contact(number: int, *, is_changed: bool = False) -> dict[str, Any]:
    """As the made-up CRM of the tests has them (integrations/tests/crm)."""
    return {
        "id": str(number),
        "name": f"Иванова Мария {number}" + (" (2)" if is_changed else ""),
        "phones": [f"+37529{number % 10_000_000:07d}"],
        "comment": f"Asked for lamp {number % 97} and wants to be called in the evening",
        "position": ("clerk", "director", "")[number % 3],
        "changed": (BEGINNING + timedelta(seconds=number)).isoformat(),
    }


class _Peer(asyncio.Protocol):
    """One connection: whole requests, one after the other. The third reading finds every tenth contact changed."""

    readings = 0

    def __init__(self, versions: list[list[bytes]], page: int) -> None:
        self._versions, self._page, self._buffer = versions, page, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._buffer.endswith(b"\r\n\r\n"):
            return
        found = ASKED.match(self._buffer)
        self._buffer = b""
        if found is None:
            self._transport.close()
            return
        offset = int(found[1])
        _Peer.readings += offset == 0
        self._transport.write(self._versions[_Peer.readings > 2][offset // self._page])


@contextmanager
def serving(count: int, page: int) -> Iterator[int]:
    """The port of a process of its own, which counts how often everything was read."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(listener, count, page), daemon=True
    )
    process.start()
    port: int = listener.getsockname()[1]
    listener.close()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def _serve(listener: socket.socket, count: int, page: int) -> None:
    versions = [
        [_answer(range(start, min(start + page, count)), count, is_later) for start in range(0, count, page)]
        for is_later in (False, True)
    ]
    asyncio.run(_listen(listener, versions, page))


def _answer(numbers: range, total: int, is_later: bool) -> bytes:
    items = [contact(one, is_changed=is_later and one % SHARE_CHANGED == 0) for one in numbers]
    body = json.dumps({"items": items, "total": total}, ensure_ascii=False).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    return head.format(len(body)).encode() + body


async def _listen(listener: socket.socket, versions: list[list[bytes]], page: int) -> None:
    await asyncio.get_running_loop().create_server(lambda: _Peer(versions, page), sock=listener)
    await asyncio.Event().wait()
