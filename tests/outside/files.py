"""Web servers on loopback: one of files, with and without ranges, and a storage that checks signatures."""

import hashlib
import hmac
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit


class Files(BaseHTTPRequestHandler):
    """Serves `server.files` (path -> bytes); what it can do besides stands on the server."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def log_message(self, *_arguments: Any) -> None:
        pass

    def _answer(self, *, has_body: bool) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        refusal = self.server.refuses(self)
        if refusal:
            self._send(refusal, {}, b"")
            return
        content = self.server.files.get(unquote(urlsplit(self.path).path))
        if content is None:
            self._send(404, {}, b"" if not has_body else b"nothing here")
            return
        match = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if match and self.server.has_ranges:
            first, last = int(match[1]), min(int(match[2]), len(content) - 1)
            if first >= len(content):
                self._send(416, {"Content-Range": f"bytes */{len(content)}"}, b"")
                return
            piece = content[first : last + 1]
            told = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
            self._send(206, told, piece, has_body=has_body)
            return
        self._send(200, {}, content, has_body=has_body)

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, has_body: bool = True) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            self.wfile.write(body)


class FileServer(ThreadingHTTPServer):
    daemon_threads = True
    handler: ClassVar[Any] = Files

    def __init__(self, files: dict[str, bytes], *, has_ranges: bool = True, knows_head: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)
        self.files, self.has_ranges, self.knows_head = files, has_ranges, knows_head
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def refuses(self, request: Files) -> int:
        """A status that is answered instead, or 0."""
        return 0 if self.knows_head or request.command != "HEAD" else 501

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()


class Storage(FileServer):
    """Checks AWS's signature version 4 by its published rules, with nothing of the library that makes it."""

    key_id, secret, region = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1"

    def refuses(self, request: Files) -> int:
        given = request.headers.get("Authorization", "")
        match = re.match(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=(\w{64})\Z",
            given,
        )
        if not match or match[1] != self.key_id or match[3] != self.region:
            return 403
        _key, day, region, names, signature = match.groups()
        return 0 if hmac.compare_digest(signature, self._signature(request, day, region, names)) else 403

    def _signature(self, request: Files, day: str, region: str, names: str) -> str:
        headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
        parts = urlsplit(request.path)
        payload = request.headers["x-amz-content-sha256"]
        query = "&".join(sorted(parts.query.split("&")))
        canonical = "\n".join([request.command, parts.path, query, headers, names, payload])
        scope = f"{day}/{region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", request.headers["X-Amz-Date"], scope, digest])
        key = f"AWS4{self.secret}".encode()
        for word in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()
