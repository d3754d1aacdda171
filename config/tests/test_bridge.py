"""The bridge from ASGI to WSGI: what the application gets, and what becomes of its answers."""

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from config.front.bridge import FILE_BLOCK_BYTES, Environ, FileBlocks, WsgiBridge, build_environ
from config.front.proxies import Proxies
from config.tests.test_front import Sent

Respond = Callable[[Environ, Any], Iterable[bytes]]


class Complete(list[bytes]):
    """A response like Django's ordinary ones."""

    streaming = False


def make_scope(headers: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/пример",
        "query_string": b"a=1",
        "http_version": "1.1",
        "scheme": "http",
        "headers": list(headers),
        "client": ("192.0.2.7", 1234),
        "server": ("127.0.0.1", 8081),
        **more,
    }


def call(app: Respond, body: bytes = b"", headers: Any = (), **options: Any) -> Sent:
    limits = {"threads": 2, "queue": 2, "body_limit": 1000, "upload_limit": 5000} | options
    bridge = WsgiBridge(app, Proxies([]), **limits)
    messages = [{"type": "http.request", "body": body}]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    sent = Sent()
    asyncio.run(bridge(make_scope(headers), receive, sent))
    return sent


def ok(environ: Environ, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("X-Length", environ["CONTENT_LENGTH"])])
    return Complete([environ["wsgi.input"].read()])


def test_an_ordinary_answer_is_sent_in_one_piece() -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return Complete([b"one ", b"two"])

    sent = call(app)

    assert sent.status == 201
    assert sent[0]["headers"] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert [message["body"] for message in sent[1:]] == [b"one two"]


def test_control_characters_leave_a_header() -> None:
    def repeating(_environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Disposition", 'inline; filename="a\x00\x07\x7f b"')])
        return [b""]

    assert call(repeating).headers[b"content-disposition"] == b'inline; filename="a b"'


def test_a_streamed_answer_is_sent_as_it_comes_and_closed() -> None:
    closed = threading.Event()

    class Stream:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"one", b"two"])

        def close(self) -> None:
            closed.set()

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Stream()

    sent = call(app)

    assert [message["body"] for message in sent[1:]] == [b"one", b"two", b""]
    assert closed.is_set()


def test_files_are_read_in_large_blocks() -> None:
    content = b"x" * (FILE_BLOCK_BYTES + 1)

    assert [len(block) for block in FileBlocks(io.BytesIO(content))] == [FILE_BLOCK_BYTES, 1]


def test_the_body_is_whole_before_the_application_runs() -> None:
    sent = call(ok, b"hello")

    assert (sent.body, sent.headers[b"x-length"]) == (b"hello", b"5")


@pytest.mark.parametrize(
    ("content_type", "size", "status"),
    [
        (b"application/json", 1000, 200),
        (b"application/json", 1001, 413),
        (b"multipart/form-data; boundary=x", 5000, 200),
        (b"multipart/form-data; boundary=x", 5001, 413),
    ],
)
def test_uploads_may_be_larger_than_other_bodies(content_type: bytes, size: int, status: int) -> None:
    assert call(ok, b"x" * size, [(b"content-type", content_type)]).status == status


def test_headers_become_variables_once() -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-type", b"application/json"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"accept", b"text/html"),
        (b"accept", b"*/*"),
        (b"host", b"example.com"),
    ]

    environ = build_environ(make_scope(headers), io.BytesIO(b"{}"), Proxies([]))

    assert environ["CONTENT_TYPE"] == "application/json"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "text/html,*/*"
    assert environ["HTTP_HOST"] == "example.com"
    assert environ["CONTENT_LENGTH"] == "2"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/пример"


def test_nobody_forges_where_a_request_comes_from() -> None:
    forged = [
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"x_forwarded_for", b"1.2.3.4"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"evil.example"),
        (b"forwarded", b"for=1.2.3.4"),
        (b"x-real-ip", b"1.2.3.4"),
    ]

    environ = build_environ(make_scope(forged), io.BytesIO(), Proxies([]))

    assert environ["REMOTE_ADDR"] == "192.0.2.7"
    assert environ["wsgi.url_scheme"] == "http"
    assert not [name for name in environ if "FORWARDED" in name or "REAL_IP" in name]


def test_a_trusted_proxy_decides_client_and_scheme() -> None:
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]

    environ = build_environ(make_scope(headers), io.BytesIO(), Proxies(["192.0.2.0/24"]))

    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.9", "https")


def test_an_application_that_breaks_before_answering_becomes_a_503(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    sent = call(app)

    assert sent.status == 503
    assert json.loads(sent.body)["status"] == 503
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_that_breaks_in_the_middle_does_not_look_whole() -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(app)


def test_a_full_house_says_so_at_once() -> None:
    release = threading.Event()
    entered = threading.Semaphore(0)

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        entered.release()
        release.wait(60)
        start_response("200 OK", [])
        return Complete([b"done"])

    async def scenario() -> list[int]:
        bridge = WsgiBridge(app, Proxies([]), threads=1, queue=1, body_limit=10, upload_limit=10)

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        answers = [Sent() for _ in range(3)]
        waiting = [asyncio.create_task(bridge(make_scope(), receive, sent)) for sent in answers[:2]]
        await asyncio.to_thread(entered.acquire)
        await bridge(make_scope(), receive, answers[2])
        release.set()
        await asyncio.gather(*waiting)
        return [sent.status for sent in answers]

    assert asyncio.run(scenario()) == [200, 200, 503]


def test_requests_share_no_context() -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="clean")
    seen: list[str] = []

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        seen.append(variable.get())
        variable.set("dirty")
        start_response("200 OK", [])
        return Complete([b""])

    async def scenario() -> None:
        bridge = WsgiBridge(app, Proxies([]), threads=1, queue=1, body_limit=10, upload_limit=10)

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        for _ in range(2):
            await bridge(make_scope(), receive, Sent())

    asyncio.run(scenario())

    assert seen == ["clean", "clean"]


def test_a_reader_that_stalls_frees_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.front.bridge.STALLED_SECONDS", 0.05)

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"piece"

    async def scenario() -> None:
        bridge = WsgiBridge(app, Proxies([]), threads=1, queue=1, body_limit=10, upload_limit=10)

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def stalled(message: Any) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        await bridge(make_scope(), receive, stalled)

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())
