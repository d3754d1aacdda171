"""The HTTP server under every simulator: one thread a connection, honest about bytes, quick to stop."""

import logging
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from time import monotonic
from typing import Any, Protocol

from tenants.simulation.bodies import BadBody, read_body
from tenants.simulation.clock import Clock
from tenants.simulation.messages import Reply, Request

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0


class Answering(Protocol):
    """What the server needs from a simulator."""

    clock: Clock

    def answer(self, request: Request) -> Reply: ...

    def answered(self, request: Request, status: int) -> None: ...


class Server(ThreadingHTTPServer):
    """Keeps track of its connections so that stopping ends the idle and the hanging ones as well."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], simulator: Answering) -> None:
        self.simulator = simulator
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Binds without the reverse DNS look-up that the standard class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is ordinary; anything else is a mistake in the simulator."""
        error = sys.exception()
        if isinstance(error, ConnectionError | TimeoutError):
            logger.debug("connection from %s ended early", client_address)
        else:
            logger.error("the simulator failed on a request from %s", client_address, exc_info=error)

    def stop(self) -> None:
        """Stops accepting, ends every connection, and waits for their threads."""
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._connections:
                _hang_up(connection)
            if not self._changed.wait_for(lambda: not self._connections, STOP_SECONDS):
                logger.warning("%d connections did not end in time", len(self._connections))


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("a connection was closed already")


class Handler(BaseHTTPRequestHandler):
    """Reads a request completely, asks the simulator, and writes the reply in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # headers and body leave in one packet, with no wait for the peer's delayed ACK
    server: Server

    def _serve(self) -> None:
        received_at = monotonic()
        try:
            body = read_body(self.rfile, self.headers)
        except BadBody as error:
            self.close_connection = True
            self.send_error(error.status)
            return
        request = Request(self.command, self.path, tuple(self.headers.items()), body, received_at)
        reply = self.server.simulator.answer(request)
        if not reply.breaks and reply.stream is None:
            # Before it leaves: whoever has the answer finds it in the log, too.
            self.server.simulator.answered(request, reply.status)
            self._send_whole(reply)
            return
        try:
            self._send(reply)
        finally:
            self.server.simulator.answered(request, 0 if reply.breaks else reply.status)

    # The standard class looks its methods up by these names.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 the names that http.server calls

    def _send(self, reply: Reply) -> None:
        if reply.breaks:
            self._break(reply)
        else:
            self._send_stream(reply)

    def _send_whole(self, reply: Reply) -> None:
        has_body = reply.status not in (204, 304)
        self._start(reply)
        if has_body:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _send_stream(self, reply: Reply) -> None:
        self.close_connection = True
        self._start(reply)
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in reply.stream or ():
            self.wfile.write(piece)
            self.wfile.flush()

    def _start(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers:
            self.send_header(name, value)

    def _break(self, reply: Reply) -> None:
        self.close_connection = True
        if reply.breaks == "hang":
            self._hang(reply.seconds)
        else:
            # With a linger of zero, closing sends RST at once, as when a process crashes. Closed by its number,
            # because the server's own way of closing says goodbye (FIN) first.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.close(self.connection.detach())

    def _hang(self, seconds: float | None) -> None:
        """Waits without answering until the client gives up, the simulator stops or the seconds are over."""
        self.connection.settimeout(seconds)
        try:
            self.connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            logger.debug("let go of a hanging request after %s s", seconds)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """By the clock of the simulated system."""
        return super().date_time_string(
            self.server.simulator.clock.time() if timestamp is None else timestamp
        )

    def version_string(self) -> str:
        return "nginx"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Without the address: some systems want their key in it."""
        logger.debug("%s answered with %s", self.command, code)

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)
