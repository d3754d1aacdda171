"""A real HTTP receiver on loopback whose path chooses how well it behaves; it remembers what it was sent."""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["_Handler"], None]


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What the test sees: where it listens and what arrived."""

    port: int
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    sent_bytes: int = 0
    said: bytes = b""
    stopping: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/ok") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    receiver: Receiver
    lock = threading.Lock()
    at_once = 0

    def get_request(self):
        self.receiver.connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        """The sender hanging up on a misbehaving reply is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.server.receiver
        with self.server.lock:
            receiver.requests.append(Received(self.path, names, body))
            self.server.at_once += 1
            receiver.most_at_once = max(receiver.most_at_once, self.server.at_once)
        try:
            BEHAVIOURS[self.path.split("/")[1].partition("?")[0]](self)
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    do_GET = do_POST

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


def _status(handler: _Handler) -> None:
    _root, _name, status, *rest = handler.path.split("/")
    headers = {"Retry_After": rest[0]} if rest else {}
    handler.reply(int(status), b"the answer", **headers)


def _bearer(handler: _Handler) -> None:
    """Lets in who brings the token that the path names."""
    wanted = f"Bearer {handler.path.split('/')[2]}"
    handler.reply(200 if handler.headers.get("Authorization") == wanted else 401)


def _silent(handler: _Handler) -> None:
    handler.server.receiver.stopping.wait(30)
    handler.close_connection = True


def _held(handler: _Handler) -> None:
    handler.server.receiver.release.wait(30)
    handler.reply(200, b"late")


def _drip(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.receiver.stopping.wait(0.05):
        handler.wfile.write(b".")


def _flood(handler: _Handler) -> None:
    size = 10 * 1024 * 1024
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    while size > 0:
        size -= handler.connection.send(b"x" * 65536)
        handler.server.receiver.sent_bytes += 65536


def _reset(handler: _Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def _half(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    handler.close_connection = True


def _torn(handler: _Handler) -> None:
    """The connection breaks in the middle of the body, as when the receiver is killed."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    _reset(handler)


def _garbage(handler: _Handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


def _headers(handler: _Handler) -> None:
    """Headers by the kind that the path names: without end, in one line without end, too large, or torn off."""
    kind = handler.path.split("/")[2]
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.close_connection = True
    if kind == "torn":
        handler.wfile.write(b"Content-Type: text/pl")
        return
    if kind == "large":
        handler.wfile.write((b"X-Filler: " + b"x" * 1000 + b"\r\n") * 350 + b"Content-Length: 0\r\n\r\n")
        return
    piece = {"many": b"X-Filler: x\r\n" * 1000, "line": b"x" * 65536}[kind]
    handler.wfile.write(b"X-Filler: ")
    while not handler.server.receiver.stopping.is_set():
        handler.wfile.write(piece)
        handler.server.receiver.sent_bytes += len(piece)


def _trailers(handler: _Handler) -> None:
    handler.wfile.write(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-Digest: x\r\n\r\n"
    )


def _chunks(handler: _Handler) -> None:
    """Says that it comes in chunks, and sends none."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nok, thank you\r\n")
    handler.close_connection = True


def _bomb(handler: _Handler) -> None:
    handler.reply(200, gzip.compress(b"\0" * 2_000_000), Content_Encoding="gzip")


def _closing(handler: _Handler) -> None:
    """Promise a kept connection and close it all the same, as idle timers of servers do."""
    handler.reply(200, b"ok")
    handler.close_connection = True


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": lambda handler: handler.reply(200, b"ok"),
    "status": _status,
    "said": lambda handler: handler.reply(200, handler.server.receiver.said),
    "bearer": _bearer,
    "redirect": lambda handler: handler.reply(302, Location="/ok"),
    "bytes": lambda handler: handler.reply(200, b"nul \x00 bad \xff\xfe end"),
    "silent": _silent,
    "held": _held,
    "drip": _drip,
    "flood": _flood,
    "reset": _reset,
    "half": _half,
    "torn": _torn,
    "garbage": _garbage,
    "headers": _headers,
    "trailers": _trailers,
    "chunks": _chunks,
    "bomb": _bomb,
    "closing": _closing,
}


@contextmanager
def receiving() -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.receiver.stopping.set()
        server.receiver.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
