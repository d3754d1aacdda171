"""Something that notifications can be sent to."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class Answering:
    """A server that answers every request with `body`, or with what `reply` makes of it."""

    def __init__(self) -> None:
        self.body = b'{"version":"1.0","name":"test","time":"2026-11-21T10:00:00Z","result":true}'
        self.reply: Callable[[bytes], bytes] = lambda received: self.body
        self.url = ""


@pytest.fixture
def answering() -> Iterator[Answering]:
    found = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = found.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
