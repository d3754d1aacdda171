"""The other side of outgoing requests: raw sockets in a process of its own, which note when each request's first byte came."""

import asyncio
import multiprocessing
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Arrivals = list[tuple[float, str]]


class _Peer(asyncio.Protocol):
    """One connection: answers every complete request, `delay` seconds after it."""

    def __init__(self, arrivals: Arrivals, key: re.Pattern[bytes], answer: bytes, delay: float) -> None:
        self._arrivals, self._key, self._answer, self._delay = arrivals, key, answer, delay
        self._buffer = b""
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._since = time.monotonic()
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not gap or len(body) < (int(length[1]) if length else 0):
            return
        found = self._key.search(self._buffer)
        self._arrivals.append((self._since, found[1].decode() if found else ""))
        self._buffer = b""
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, self._answer)
        else:
            self._transport.write(self._answer)


class Recorder:
    """The recording process as the measurement sees it. Times are of the machine's one monotonic clock."""

    def __init__(self, ports: list[int], pipe: Connection) -> None:
        self.ports, self._pipe = ports, pipe

    def take(self) -> Arrivals:
        """What arrived since the last time: (when, key)."""
        arrivals: Arrivals = self._ask("take")
        return arrivals

    def has_any(self) -> bool:
        """Whether anything arrived since the last time."""
        return bool(self._ask("any"))

    def _ask(self, question: str) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


@contextmanager
def recording(key: str, answer: bytes, *, listeners: int = 1, delay: float = 0.0) -> Iterator[Recorder]:
    """Listen; `key` is the pattern whose first group names a request, `answer` the JSON of every reply."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(listeners)]
    process = context.Process(target=_serve, args=(sockets, theirs, key.encode(), answer, delay), daemon=True)
    process.start()
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    try:
        yield Recorder(ports, ours)
    finally:
        process.terminate()
        process.join()


def _serve(sockets: list[socket.socket], pipe: Connection, key: bytes, answer: bytes, delay: float) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
    asyncio.run(_listen(sockets, pipe, re.compile(key), head + answer, delay))


async def _listen(
    sockets: list[socket.socket], pipe: Connection, key: re.Pattern[bytes], answer: bytes, delay: float
) -> None:
    arrivals: Arrivals = []

    def tell() -> None:
        if pipe.recv() == "any":
            pipe.send(bool(arrivals))
        else:
            pipe.send(list(arrivals))
            arrivals.clear()

    loop = asyncio.get_running_loop()
    for one in sockets:
        await loop.create_server(lambda: _Peer(arrivals, key, answer, delay), sock=one)
    loop.add_reader(pipe.fileno(), tell)
    await asyncio.Event().wait()
