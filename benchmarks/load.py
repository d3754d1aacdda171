"""A load generator in a process of its own: keep-alive connections on raw sockets, each posting one request after the other.

Nothing is parsed but the status and the length, and every request is made before the clock starts, so that the
generator costs a fraction of the server that it measures; its own share of a core is reported with each result.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MakeBody = Callable[[int], bytes]


@dataclass(slots=True)
class Result:
    seconds: float
    statuses: dict[int, int]
    latencies: list[float] = field(repr=False)
    """Milliseconds of the requests that were answered 200."""
    cpu_share: float

    @property
    def per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds


class _Connection(asyncio.Protocol):
    """One client: sends the next request as soon as the last answer is complete."""

    def __init__(self, requests: Iterator[bytes], until: float, done: asyncio.Future[None]) -> None:
        self._requests, self._until, self._done = requests, until, done
        self._buffer = b""
        self._sent_at = 0.0
        self.statuses: dict[int, int] = {}
        self.latencies: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap or len(body) < length(head):
            return
        status = int(head[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            self.latencies.append((time.perf_counter() - self._sent_at) * 1000)
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _next(self) -> None:
        now = self._sent_at = time.perf_counter()
        request = next(self._requests, None) if now < self._until else None
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


def length(head: bytes) -> int:
    """The length of the body that follows this head."""
    _before, _name, after = head.lower().partition(b"content-length:")
    return int(after.partition(b"\r\n")[0])


def post(
    port: int, path: str, make_body: MakeBody, numbers: range, connections: int, seconds: float
) -> Result:
    """Post distinct bodies, made of `numbers`, for so many seconds; the generator runs in its own process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_post, (port, path, make_body, numbers, connections, seconds))


def _post(
    port: int, path: str, make_body: MakeBody, numbers: range, connections: int, seconds: float
) -> Result:
    requests = [request(path, make_body(number)) for number in numbers]
    return asyncio.run(_run(port, requests, connections, seconds))


def request(path: str, body: bytes) -> bytes:
    """As Asterisk's libcurl words it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: asterisk-libcurl-agent/1.0\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _run(port: int, requests: list[bytes], connections: int, seconds: float) -> Result:
    loop = asyncio.get_running_loop()
    shared = iter(requests)
    begin, cpu = time.perf_counter(), time.process_time()
    clients = []
    waits = []
    for _ in range(connections):
        done = loop.create_future()
        client = _Connection(shared, begin + seconds, done)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        clients.append(client)
        waits.append(done)
    await asyncio.gather(*waits)
    elapsed = time.perf_counter() - begin
    statuses: dict[int, int] = {}
    for client in clients:
        for status, count in client.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    latencies = [one for client in clients for one in client.latencies]
    return Result(elapsed, statuses, latencies, (time.process_time() - cpu) / elapsed)
