"""Real servers on loopback: a receiver behind TLS that wants certificates, a token server, an HTTP and SOCKS proxy."""

import json
import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from webhooks.proof.tests.authority import Authority, Pair


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that give up a handshake are what several tests are about."""


@contextmanager
def _serving(server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Secured:
    """Who came, by the common names of their certificates, and with what header."""

    port: int
    callers: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    connections: int = 0

    def url(self, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/in"


@contextmanager
def secured_receiver(folder: Path, own: Pair, clients: Authority | None = None) -> Iterator[Secured]:
    """Behind TLS with that certificate; with `clients`, only for those whom that authority signed."""
    (folder / "own.pem").write_text(own.certificate + own.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            subject = dict(pair[0] for pair in (self.connection.getpeercert() or {}).get("subject", ()))
            seen.callers.append(subject.get("commonName", ""))
            seen.authorizations.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args) -> None:
            return

    class Server(_Quiet):
        def finish_request(self, request, client_address) -> None:
            """The handshake is the handler's thread's: one bad client must not hold the others."""
            seen.connections += 1
            request.settimeout(10)
            with context.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as wrapped:
                try:
                    wrapped.do_handshake()
                except ssl.SSLError:
                    # Closed in peace: a reset would overtake the alert that says why.
                    wrapped.shutdown(socket.SHUT_WR)
                    while wrapped.recv(65536):
                        pass
                    return
                super().finish_request(wrapped, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    seen = Secured(server.server_address[1])
    with _serving(server):
        yield seen


@dataclass
class TokenServer:
    """Gives `token-1`, `token-2` and so on for the right credentials, and remembers what it was asked.

    It keeps its answers back while `released` is not set; `said` replaces them.
    """

    port: int
    asked: list[dict[str, str]] = field(default_factory=list)
    expires_in: int = 3600
    status: int = 200
    said: bytes = b""
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def newest(self) -> str:
        return f"token-{len(self.asked)}"


@contextmanager
def token_server() -> Iterator[TokenServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(raw).items()}
            basic = self.headers.get("Authorization", "").removeprefix("Basic ")
            if basic:
                fields["client_id"], fields["client_secret"] = b64decode(basic).decode().split(":")
            with state.lock:
                state.asked.append(fields)
                token = state.newest
            state.released.wait(60)
            if state.said:
                return self._say(state.status, state.said)
            if state.status != 200:
                return self._answer(state.status, {"error": "temporarily_unavailable"})
            if fields.get("client_secret") != "open-sesame":
                return self._answer(401, {"error": "invalid_client", "error_description": "Who are you?"})
            return self._answer(200, {"access_token": token, "expires_in": state.expires_in})

        def _answer(self, status: int, answer: dict[str, object]) -> None:
            self._say(status, json.dumps(answer).encode())

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args) -> None:
            return

    server = _Quiet(("127.0.0.1", 0), Handler)
    state = TokenServer(server.server_address[1])
    state.released.set()
    with _serving(server):
        yield state
        state.released.set()


@dataclass
class Proxy:
    """What it was asked for: `CONNECT host:port`, `POST http://…`, `SOCKS host:port`. It sends everything to loopback."""

    port: int
    asked: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    password: str = ""

    def url(self, scheme: str = "http", user: str = "") -> str:
        return f"{scheme}://{user}127.0.0.1:{self.port}"


@contextmanager
def proxy_server() -> Iterator[Proxy]:
    """HTTP or SOCKS5, by the first byte. Names are the proxy's to look up: here each of them is this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    state = Proxy(listener.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=_proxied, args=(client, state), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _proxied(client: socket.socket, state: Proxy) -> None:
    with client:
        first = client.recv(1, socket.MSG_PEEK)
        if first == b"\x05":
            _socks(client, state)
        elif first:
            _http(client, state)


def _socks(client: socket.socket, state: Proxy) -> None:
    reader = client.makefile("rb")
    _version, methods = reader.read(2)
    reader.read(methods)
    client.sendall(b"\x05\x00")
    _version, _command, _zero, kind = reader.read(4)
    assert kind == 3, "a name, not an address: the proxy looks it up"
    name = reader.read(reader.read(1)[0]).decode()
    port = int.from_bytes(reader.read(2), "big")
    state.asked.append(f"SOCKS {name}:{port}")
    with socket.create_connection(("127.0.0.1", port)) as there:
        client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        _both_ways(client, there)


def _http(client: socket.socket, state: Proxy) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        if not piece:
            return
        head += piece
    lines = head.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
    method, target, _version = lines[0].split()
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    state.asked.append(f"{method} {target}")
    state.credentials.append(headers.get("proxy-authorization", ""))
    if state.password and not headers.get("proxy-authorization"):
        client.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        return
    parts = urlsplit(target if "://" in target else f"//{target}")
    with socket.create_connection(("127.0.0.1", parts.port or 80)) as there:
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Yes\r\nX-From: proxy\r\n\r\n")
        else:
            there.sendall(head.replace(target.encode(), parts.path.encode(), 1))
        _both_ways(client, there)


def _both_ways(one: socket.socket, other: socket.socket) -> None:
    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join()
