"""Runs a WSGI application (Django) behind the ASGI front, on threads that live as long as the process.

Why not a2wsgi or asgiref's adapter: both cross between the event loop and the thread several times a request, which costs
a third of the throughput of an admin page (docs/architecture.md has the figures). Here a body is read before a thread is
taken, so a slow sender holds no thread, and an ordinary response crosses back once.
"""

import asyncio
import contextvars
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import TracebackType
from typing import IO, Any

from config.front import bodies
from config.front.asgi_types import Headers, Receive, Scope, Send
from config.front.messages import problem
from config.front.proxies import FORWARDING_HEADERS, Proxies

logger = logging.getLogger("switchboard.front")

Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

IN_MEMORY_BYTES = 1024 * 1024
FILE_BLOCK_BYTES = 256 * 1024
CONTROLS = bytes([*range(32), 127])
STALLED_SECONDS = 60  # a reader that takes nothing for so long does not keep a thread


class FileBlocks:
    """PEP 3333's file wrapper: reads a file in blocks that are worth a trip between threads."""

    def __init__(self, file: IO[bytes], block_size: int = 0) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(FILE_BLOCK_BYTES), b"")

    def close(self) -> None:
        self._file.close()


def _header_value(value: str) -> bytes:
    """Without control characters: a view that repeats what it was asked, such as a file name, must not end as a 500."""
    return value.encode("latin-1").translate(None, CONTROLS)


class Exchange:
    """One request on its way through a thread, and what it has answered so far."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self._loop = loop
        self._send = send
        self._start: dict[str, Any] | None = None
        self.is_started = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        if self.is_started and exc_info and exc_info[1]:
            raise exc_info[1].with_traceback(exc_info[2])
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [(name.lower().encode("latin-1"), _header_value(value)) for name, value in headers],
        }
        return self.stream

    def stream(self, chunk: bytes) -> None:
        """Send a piece from the thread; returns when the server took it, which is the back-pressure."""
        sending = asyncio.run_coroutine_threadsafe(self._stream(chunk), self._loop)
        try:
            sending.result(STALLED_SECONDS)
        except TimeoutError:
            sending.cancel()
            raise

    async def _stream(self, chunk: bytes) -> None:
        await self._begin()
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self, body: bytes) -> None:
        await self._begin()
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _begin(self) -> None:
        if not self.is_started:
            if self._start is None:
                raise RuntimeError("The WSGI application did not call start_response")
            self.is_started = True
            await self._send(self._start)


class WsgiBridge:
    """An ASGI application that answers by `app`; `queue` requests may wait for one of `threads`."""

    def __init__(
        self, app: WsgiApp, proxies: Proxies, *, threads: int, queue: int, body_limit: int, upload_limit: int
    ) -> None:
        self._app = app
        self._proxies = proxies
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="django")
        self._capacity = threads + queue
        self._taken = 0
        self._body_limit = body_limit
        self._upload_limit = upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as body:
            limit = self._limit(scope["headers"])
            try:
                await bodies.read_into(body.write, scope["headers"], receive, limit)
            except bodies.REFUSED as error:
                await bodies.refusal(error, limit).send_with(send)
                return
            await self._run_on_thread(scope, body, send)

    def _limit(self, headers: Headers) -> int:
        is_form = any(
            name == b"content-type" and value.lower().startswith(b"multipart/form-data")
            for name, value in headers
        )
        return self._upload_limit if is_form else self._body_limit

    async def _run_on_thread(self, scope: Scope, body: IO[bytes], send: Send) -> None:
        if self._taken >= self._capacity:
            busy = problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too busy. Try again.", [("Retry-After", "1")])
            await busy.send_with(send)
            return
        loop = asyncio.get_running_loop()
        exchange = Exchange(loop, send)
        environ = build_environ(scope, body, self._proxies)
        self._taken += 1
        try:
            # A fresh context: nothing that one request set is seen by the next on the same thread.
            run = contextvars.Context().run
            rest = await loop.run_in_executor(self._executor, run, self._respond, environ, exchange)
            await exchange.finish(rest)
        except Exception:
            if exchange.is_started:
                raise  # the server logs it and cuts the connection: a half answer must not look whole
            logger.exception("%s %s was not answered", scope["method"], scope["path"])
            await problem(HTTPStatus.SERVICE_UNAVAILABLE, "Try again.", [("Retry-After", "1")]).send_with(
                send
            )
        finally:
            self._taken -= 1

    def _respond(self, environ: Environ, exchange: Exchange) -> bytes:
        """Run the application; returns what is left to send, which is everything unless it streams."""
        response = self._app(environ, exchange.start_response)
        try:
            # Django's ordinary responses are complete: one trip. Anything else is passed on as it comes.
            if getattr(response, "streaming", True) is False:
                return b"".join(response)
            for chunk in response:
                exchange.stream(chunk)
            return b""
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()


def build_environ(scope: Scope, body: IO[bytes], proxies: Proxies) -> Environ:
    """PEP 3333's environment; forwarding headers are consumed here, never passed on."""
    body.seek(0, 2)
    length = body.tell()
    body.seek(0)
    origin = proxies.origin(scope)
    server = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": origin.client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": origin.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBlocks,
    }
    _add_headers(environ, scope["headers"])
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def _add_headers(environ: Environ, headers: Headers) -> None:
    for raw_name, raw_value in headers:
        # X_Forwarded_For and X-Forwarded-For become the same variable: an underscore is a forgery.
        if raw_name in FORWARDING_HEADERS or b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name == "CONTENT_TYPE":
            environ.setdefault(name, value)  # some telephone exchanges send it three times
            continue
        key = f"HTTP_{name}"
        if key in environ:
            value = f"{environ[key]}{'; ' if name == 'COOKIE' else ','}{value}"
        environ[key] = value
