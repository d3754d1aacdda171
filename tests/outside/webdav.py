"""A WebDAV server of RFC 4918's part that uploads need, with Nextcloud's ways: reserved names, quotas, locks."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CHUNK = 65536


class Folders(BaseHTTPRequestHandler):
    """Below `server.root`, by `/dav/…`."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_arguments: Any) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_PROPFIND(self) -> None:
        self._with_body(lambda: self._tell(207 if self._place().exists() else 404, b"<multistatus/>"))

    def do_PUT(self) -> None:
        place = self._place()
        refused = self._refused()
        if refused or place.name.endswith(".part"):
            self._drain()
            self._tell(refused or 400)
        elif not place.parent.is_dir():
            self._drain()
            self._tell(409)
        else:
            self._received(place)

    def do_MOVE(self) -> None:
        self._with_body(self._move)

    def do_DELETE(self) -> None:
        self._with_body(self._remove)

    def do_GET(self) -> None:
        self._with_body(
            lambda: self._tell(200, self._place().read_bytes()) if self._place().exists() else self._tell(404)
        )

    def _with_body(self, act: Any) -> None:
        self._drain()
        refused = self._refused()
        if refused:
            self._tell(refused)
        else:
            act()

    def _refused(self) -> int:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        if self.headers.get("Authorization") not in self.server.logins:
            return 401
        return int(self.server.troubles.get(self.command, 0))

    def _received(self, place: Path) -> None:
        left = int(self.headers["Content-Length"])
        self.server.largest_name = max(self.server.largest_name, len(place.name))
        with place.open("wb") as stream:
            while left and (data := self.rfile.read(min(CHUNK, left))):
                left -= len(data)
                stream.write(data)
                if stream.tell() > self.server.quota:
                    break
        self.server.received.set()
        if place.stat().st_size > self.server.quota:
            self._drain(left)
            self._tell(507)
        elif not left:
            self.server.on_put()
            self._tell(201)

    def _move(self) -> None:
        target = self._below(self.headers["Destination"])
        if not self._place().exists():
            self._tell(404)
        elif target.exists() and self.headers.get("Overwrite", "T") == "F":
            self._tell(412)
        else:
            existed = target.exists()
            self._place().replace(target)
            self._tell(204 if existed else 201)

    def _remove(self) -> None:
        existed = self._place().exists()
        self._place().unlink(missing_ok=True)
        self._tell(204 if existed else 404)

    def _place(self) -> Path:
        return self._below(self.path)

    def _below(self, url: str) -> Path:
        parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
        assert parts[0] == "dav"
        place: Path = self.server.root.joinpath(*parts[1:])
        return place

    def _drain(self, left: int | None = None) -> None:
        left = int(self.headers.get("Content-Length") or 0) if left is None else left
        while left and (data := self.rfile.read(min(CHUNK, left))):
            left -= len(data)

    def _tell(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class WebDavServer(ThreadingHTTPServer):
    """`troubles`: a status by method. `on_put`: called when a file has arrived whole, before the answer."""

    daemon_threads = True

    def __init__(
        self, root: Path, username: str = "hub", password: str = "päss:word", token: str = "t0ken"
    ) -> None:
        super().__init__(("127.0.0.1", 0), Folders)
        self.root, self.username, self.password, self.token = root, username, password, token
        basic = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        self.logins = {f"Basic {basic}", f"Bearer {token}"}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.troubles: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        self.quota = 10**9
        self.largest_name = 0
        self.received = threading.Event()
        self.on_put: Any = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/dav/"

    def __enter__(self) -> "WebDavServer":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()
